"""A run keeps what the gate said of it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('quality', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='evaluationrun',
            name='compared_with',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='evaluationrun',
            name='evidence',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name='evaluationrun',
            name='verdict',
            field=models.CharField(choices=[('not_compared', 'Not compared'), ('passed', 'Passed the gate'), ('failed', 'Failed the gate')], default='not_compared', max_length=16),
        ),
        migrations.AddConstraint(
            model_name='evaluationrun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('compared_with', ''), ('verdict', 'not_compared')), models.Q(models.Q(('verdict', 'not_compared'), _negated=True), models.Q(('compared_with', ''), _negated=True)), _connector='OR'), name='a_verdict_names_what_was_compared'),
        ),
    ]
