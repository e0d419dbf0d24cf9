import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import app.accounts.models

READING = ['search', 'ask', 'feedback', 'read_documents']


def give_the_scopes_they_had(apps, schema_editor):
    # A key did whatever its owner might do, and only admins might do anything to sources.
    keys = apps.get_model('accounts', 'ApiKey').objects
    keys.exclude(user__roles__contains=['admin']).update(scopes=READING)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_roles_and_origins_of_groups'),
    ]

    operations = [
        migrations.AddField(
            model_name='apikey',
            name='scopes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('search', 'search passages'), ('ask', 'ask questions, and read and stop answers'), ('feedback', 'judge answers'), ('read_documents', 'list sources and documents'), ('manage_sources', 'sync sources, and upload and remove documents')], max_length=32), default=app.accounts.models.every_scope, size=None),
        ),
        migrations.AddField(
            model_name='apikey',
            name='networks',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=50), blank=True, default=list, size=None),
        ),
        migrations.AddField(
            model_name='apikey',
            name='expires_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='apikey',
            name='replaced_by',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='replaces', to='accounts.apikey'),
        ),
        migrations.AddField(
            model_name='apikey',
            name='last_used_from',
            field=models.GenericIPAddressField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='apikey',
            name='refused_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunPython(give_the_scopes_they_had, migrations.RunPython.noop, elidable=True),
    ]
