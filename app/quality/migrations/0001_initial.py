"""Takes over the tables of runs from the evaluation package, with what is in them."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

RENAME = "ALTER TABLE evals_{name} RENAME TO quality_{name}"
BACK = "ALTER TABLE quality_{name} RENAME TO evals_{name}"


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('evals', '0001_initial'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(RENAME.format(name=name), BACK.format(name=name))
                for name in ('evaluationrun', 'caseresult')
            ],
            state_operations=[
                migrations.CreateModel(
                    name='EvaluationRun',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name', models.CharField(max_length=80, unique=True)),
                        ('mode', models.CharField(choices=[('extractive', 'Quoted, without a model'), ('scripted', 'A server that follows rules'), ('configured', 'The configured model')], max_length=16)),
                        ('model', models.CharField(blank=True, max_length=200)),
                        ('filters', models.JSONField(blank=True, default=dict)),
                        ('made_of', models.JSONField(blank=True, default=dict)),
                        ('cases', models.PositiveIntegerField()),
                        ('passed', models.PositiveIntegerField()),
                        ('figures', models.JSONField(default=dict)),
                        ('started_at', models.DateTimeField()),
                        ('finished_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ],
                    options={
                        'ordering': ('-started_at', '-pk'),
                        'indexes': [models.Index(fields=['mode', '-started_at'], name='evaluation_run_by_mode')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('passed__lte', models.F('cases'))), name='no_more_cases_passed_than_were_run')],
                    },
                ),
                migrations.CreateModel(
                    name='CaseResult',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('case', models.CharField(max_length=120)),
                        ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), default=list, size=None)),
                        ('expected', models.CharField(max_length=16)),
                        ('outcome', models.CharField(blank=True, max_length=16)),
                        ('passed', models.BooleanField()),
                        ('is_safe', models.BooleanField()),
                        ('figures', models.JSONField(default=dict)),
                        ('details', models.JSONField(default=dict)),
                        ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='results', to='quality.evaluationrun')),
                    ],
                    options={
                        'ordering': ('pk',),
                        'indexes': [models.Index(fields=['case', '-run'], name='results_of_a_case')],
                        'constraints': [models.UniqueConstraint(fields=('run', 'case'), name='a_case_once_in_a_run'), models.CheckConstraint(condition=models.Q(('passed', False), ('is_safe', True), _connector='OR'), name='an_unsafe_answer_has_not_passed')],
                    },
                ),
            ],
        ),
    ]
