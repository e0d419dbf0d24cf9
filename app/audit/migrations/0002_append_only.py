from django.db import migrations

FORWARDS = """
CREATE FUNCTION attest_refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit trail is append-only.';
END $$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON audit_auditevent
FOR EACH ROW EXECUTE FUNCTION attest_refuse_audit_change();
"""
BACKWARDS = """
DROP TRIGGER audit_is_append_only ON audit_auditevent;
DROP FUNCTION attest_refuse_audit_change();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
