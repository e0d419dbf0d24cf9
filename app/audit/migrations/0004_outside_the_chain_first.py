import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

# Entries written before have the first format and get their numbers in the order in which they were chained.
FILL = """
ALTER TABLE audit_auditevent DISABLE TRIGGER audit_is_append_only;
UPDATE audit_auditevent e SET sequence = n.sequence
FROM (SELECT id, row_number() OVER (ORDER BY id) AS sequence FROM audit_auditevent) n WHERE n.id = e.id;
ALTER TABLE audit_auditevent ENABLE TRIGGER audit_is_append_only;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0003_events_outlive_accounts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        # What is there already gets the first format, what comes the next.
        migrations.AddField("auditevent", "format", models.SmallIntegerField(default=1)),
        migrations.AlterField("auditevent", "format", models.SmallIntegerField(default=2)),
        migrations.AddField("auditevent", "sequence", models.BigIntegerField(null=True, unique=True)),
        migrations.AddField(
            "auditevent",
            "result",
            models.CharField(
                choices=[("ok", "Done"), ("refused", "Refused"), ("failed", "Failed")], default="ok", max_length=8
            ),
        ),
        migrations.AddField("auditevent", "address", models.CharField(blank=True, default="", max_length=45)),
        migrations.AddField("auditevent", "trace_id", models.CharField(blank=True, default="", max_length=32)),
        migrations.AddField("auditevent", "before", models.JSONField(default=None, null=True)),
        migrations.AddField("auditevent", "after", models.JSONField(default=None, null=True)),
        migrations.AlterField("auditevent", "at", models.DateTimeField(default=django.utils.timezone.now)),
        migrations.AlterField("auditevent", "previous_hash", models.CharField(max_length=64, null=True)),
        migrations.AlterField("auditevent", "hash", models.CharField(max_length=64, null=True, unique=True)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex("auditevent", models.Index(fields=["actor", "id"], name="audit_by_actor")),
        migrations.AddIndex("auditevent", models.Index(fields=["at"], name="audit_by_time")),
        migrations.AddIndex("auditevent", models.Index(fields=["request_id"], name="audit_by_request")),
        migrations.AddIndex(
            "auditevent",
            models.Index(fields=["id"], name="audit_waiting", condition=models.Q(("sequence", None))),
        ),
        migrations.CreateModel(
            "Checkpoint",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("sequence", models.BigIntegerField(db_index=True)),
                ("hash", models.CharField(max_length=64)),
                ("count", models.BigIntegerField()),
                ("key_id", models.CharField(max_length=16)),
                ("signature", models.CharField(max_length=128)),
            ],
        ),
        migrations.CreateModel(
            "Cut",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sequence", models.BigIntegerField(unique=True)),
                ("hash", models.CharField(max_length=64)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            "LegalHold",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("all", "All entries"),
                            ("person", "Entries of and about a person"),
                            ("object", "Entries about an object"),
                        ],
                        max_length=8,
                    ),
                ),
                ("subject", models.CharField(blank=True, max_length=254)),
                ("person_id", models.BigIntegerField(null=True)),
                ("reason", models.TextField()),
                ("made_by", models.CharField(max_length=254)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("lifted_by", models.CharField(blank=True, max_length=254)),
                ("lifted_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            "Verification",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("entries", models.BigIntegerField()),
                ("last_sequence", models.BigIntegerField()),
                ("problem", models.TextField(blank=True)),
            ],
            options={"get_latest_by": "pk"},
        ),
        migrations.CreateModel(
            "Forwarding",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("receiver", models.CharField(max_length=254, unique=True)),
                ("sequence", models.BigIntegerField(default=0)),
                ("sent_at", models.DateTimeField(null=True)),
                ("failures", models.IntegerField(default=0)),
                ("next_try_at", models.DateTimeField(null=True)),
                ("error", models.CharField(blank=True, max_length=254)),
            ],
        ),
    ]
