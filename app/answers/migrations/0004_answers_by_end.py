"""Figures of a span of days are counted from answers by when they ended."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('answers', '0003_settled_reports'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='answer',
            index=models.Index(fields=['finished_at'], name='answer_by_end'),
        ),
    ]
