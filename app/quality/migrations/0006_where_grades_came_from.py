"""The file of grades that a judge was compared with, where reviewers did not give them here."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("quality", "0005_signals"),
    ]

    operations = [
        migrations.AddField(
            model_name="judgecalibration",
            name="file",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
    ]
