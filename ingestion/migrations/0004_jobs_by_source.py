import django.db.models.deletion
from django.db import migrations, models

TRIGGER = """
CREATE FUNCTION attest_job_source() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT source_id INTO NEW.source_id FROM corpus_document WHERE id = NEW.document_id;
    RETURN NEW;
END $$;
CREATE TRIGGER job_source BEFORE INSERT ON ingestion_ingestionjob
FOR EACH ROW EXECUTE FUNCTION attest_job_source();
"""
DROP_TRIGGER = """
DROP TRIGGER job_source ON ingestion_ingestionjob;
DROP FUNCTION attest_job_source();
"""
FILL = """
UPDATE ingestion_ingestionjob j SET source_id = d.source_id FROM corpus_document d WHERE d.id = j.document_id;
-- Pending foreign key checks would refuse the change of the column that follows.
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("corpus", "0002_sources_that_stay_true"),
        ("ingestion", "0003_runs_that_can_be_held"),
    ]

    operations = [
        migrations.AddField("syncrun", "looks", models.PositiveIntegerField(default=0)),
        migrations.AddField("ingestionjob", "interruptions", models.PositiveIntegerField(default=0)),
        migrations.AddField("ingestionjob", "outages", models.PositiveIntegerField(default=0)),
        migrations.AddField("ingestionjob", "started_by", models.CharField(blank=True, max_length=200)),
        migrations.AddField(
            "ingestionjob", "source",
            models.ForeignKey(
                db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.CASCADE,
                related_name="jobs", to="corpus.source",
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            "ingestionjob", "source",
            models.ForeignKey(
                db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE,
                related_name="jobs", to="corpus.source",
            ),
        ),
        migrations.AddIndex(
            "ingestionjob", models.Index(fields=["source", "-priority", "id"], name="job_by_turn"),
        ),
        migrations.RunSQL(TRIGGER, DROP_TRIGGER),
    ]
