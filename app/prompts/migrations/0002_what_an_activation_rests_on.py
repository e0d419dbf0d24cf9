"""An activation names the evaluation run that it rests on, or says why there was none."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('prompts', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='promptactivation',
            name='run',
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name='promptactivation',
            name='without_run',
            field=models.TextField(blank=True),
        ),
    ]
