"""The runs belong to `app.quality` from here on; their tables have been renamed there."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('evals', '0001_initial'),
        ('quality', '0001_initial'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.DeleteModel('CaseResult'),
                migrations.DeleteModel('EvaluationRun'),
            ],
        ),
    ]
