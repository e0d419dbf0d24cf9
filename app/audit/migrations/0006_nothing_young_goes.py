"""Two ways are closed by which a role that is not the owner could remove entries.

A cut removes nothing younger than 30 days: checkpoints are made daily, so without this rule whoever may call the
function could remove the log up to yesterday. And the two functions are no longer everybody's: PostgreSQL lets every
role of the database call a new function.
"""

from typing import Any

from django.db import migrations

YOUNGEST_DAYS = 30
FUNCTIONS = ("attest_audit_chain(bigint[], bigint, text, text[])", "attest_audit_cut(bigint, integer)")

FORWARDS = """
CREATE FUNCTION {schema}.attest_guard_audit_youth() RETURNS trigger LANGUAGE plpgsql
SET search_path = {schema}, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM audit_auditevent e
        WHERE e.sequence <= NEW.sequence AND e.at > now() - interval '{days} days'
    ) THEN
        RAISE EXCEPTION 'Entries of the audit trail that are younger than {days} days stay.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_cut_is_old_enough BEFORE INSERT ON {schema}.audit_cut
FOR EACH ROW EXECUTE FUNCTION {schema}.attest_guard_audit_youth();
"""
BACKWARDS = """
DROP TRIGGER audit_cut_is_old_enough ON {schema}.audit_cut;
DROP FUNCTION {schema}.attest_guard_audit_youth();
"""


def forwards(apps: Any, schema_editor: Any) -> None:
    _run(FORWARDS, schema_editor, "REVOKE EXECUTE ON FUNCTION {schema}.{function} FROM PUBLIC;")


def backwards(apps: Any, schema_editor: Any) -> None:
    _run(BACKWARDS, schema_editor, "GRANT EXECUTE ON FUNCTION {schema}.{function} TO PUBLIC;")


def _run(sql: str, schema_editor: Any, for_each_function: str) -> None:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        schema = cursor.fetchone()[0]
        cursor.execute(sql.replace("{schema}", schema).replace("{days}", str(YOUNGEST_DAYS)))
        for function in FUNCTIONS:
            cursor.execute(for_each_function.replace("{schema}", schema).replace("{function}", function))


class Migration(migrations.Migration):
    dependencies = [("audit", "0005_guards")]
    operations = [migrations.RunPython(forwards, backwards)]
