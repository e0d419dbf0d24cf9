"""Runs over the living set that somebody accepted, and how far model judges agreed with people."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('quality', '0003_unanswered_topics'),
    ]

    operations = [
        migrations.CreateModel(
            name='AcceptedRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.TextField(max_length=2000)),
                ('who', models.CharField(max_length=254)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('run', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='accepted', to='quality.evaluationrun')),
            ],
            options={
                'ordering': ('-at', '-pk'),
            },
        ),
        migrations.CreateModel(
            name='JudgeCalibration',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('model', models.CharField(max_length=200)),
                ('rubric', models.CharField(max_length=64)),
                ('answers', models.PositiveIntegerField()),
                ('graded', models.PositiveIntegerField()),
                ('criteria', models.JSONField(default=dict)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ('-at', '-pk'),
                'constraints': [models.CheckConstraint(condition=models.Q(('graded__lte', models.F('answers'))), name='a_judge_graded_no_more_than_it_was_given')],
            },
        ),
    ]
