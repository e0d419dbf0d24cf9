from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('corpus', '0004_sentence_vectors'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='source',
            name='admins',
            field=models.ManyToManyField(blank=True, related_name='administered_sources', to=settings.AUTH_USER_MODEL),
        ),
    ]
