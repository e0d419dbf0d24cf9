"""What the database lets happen to the audit trail, whatever the application says.

An entry enters without a place in the chain; once, it is given one, and nothing else of it changes then. It is removed
only up to a cut, which needs a signed checkpoint at that very entry and no legal hold before it. Checkpoints and cuts
are never changed or removed. No table can be truncated. Of the two functions the application's role needs nothing but
EXECUTE: they run with the rights of the tables' owner.
"""

from typing import Any

from django.db import migrations

CHAIN_LOCK = 7_201_001

FORWARDS = """
CREATE OR REPLACE FUNCTION {schema}.attest_refuse_audit_change() RETURNS trigger LANGUAGE plpgsql
SET search_path = {schema}, pg_temp AS $$
DECLARE unplaced audit_auditevent;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.sequence IS NULL AND NEW.hash IS NULL AND NEW.previous_hash IS NULL AND NEW.format > 1 THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'The audit trail is append-only: an entry begins outside of the chain.';
    ELSIF TG_OP = 'UPDATE' THEN
        unplaced := NEW;
        unplaced.sequence := NULL;
        unplaced.hash := NULL;
        unplaced.previous_hash := NULL;
        -- As text: numbers that are equal may still be written differently, and hash differently.
        IF OLD.sequence IS NULL AND NEW.sequence IS NOT NULL AND NEW.hash IS NOT NULL
            AND NEW.previous_hash IS NOT NULL AND unplaced::text = OLD::text THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM audit_cut WHERE audit_cut.sequence >= OLD.sequence) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'The audit trail is append-only.';
END $$;
DROP TRIGGER audit_is_append_only ON {schema}.audit_auditevent;
CREATE TRIGGER audit_is_append_only BEFORE INSERT OR UPDATE OR DELETE ON {schema}.audit_auditevent
FOR EACH ROW EXECUTE FUNCTION {schema}.attest_refuse_audit_change();

CREATE FUNCTION {schema}.attest_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit trail is append-only.';
END $$;
CREATE TRIGGER audit_refuses_truncate BEFORE TRUNCATE ON {schema}.audit_auditevent
FOR EACH STATEMENT EXECUTE FUNCTION {schema}.attest_refuse();
CREATE TRIGGER audit_refuses_truncate BEFORE TRUNCATE ON {schema}.audit_checkpoint
FOR EACH STATEMENT EXECUTE FUNCTION {schema}.attest_refuse();
CREATE TRIGGER audit_refuses_truncate BEFORE TRUNCATE ON {schema}.audit_cut
FOR EACH STATEMENT EXECUTE FUNCTION {schema}.attest_refuse();
CREATE TRIGGER audit_refuses_truncate BEFORE TRUNCATE ON {schema}.audit_legalhold
FOR EACH STATEMENT EXECUTE FUNCTION {schema}.attest_refuse();
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON {schema}.audit_checkpoint
FOR EACH ROW EXECUTE FUNCTION {schema}.attest_refuse();

CREATE FUNCTION {schema}.attest_guard_audit_cut() RETURNS trigger LANGUAGE plpgsql
SET search_path = {schema}, pg_temp AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'The audit trail is append-only.';
    END IF;
    IF NOT EXISTS (
        SELECT FROM audit_auditevent e JOIN audit_checkpoint c ON c.sequence = e.sequence AND c.hash = e.hash
        WHERE e.sequence = NEW.sequence AND e.hash = NEW.hash
    ) THEN
        RAISE EXCEPTION 'The audit trail is cut only at an entry with a checkpoint.';
    END IF;
    IF NOT EXISTS (SELECT FROM audit_auditevent e WHERE e.sequence > NEW.sequence) THEN
        RAISE EXCEPTION 'The last entry of the audit trail stays.';
    END IF;
    IF EXISTS (
        SELECT FROM audit_legalhold h WHERE h.lifted_at IS NULL AND h.scope = 'all'
    ) OR EXISTS (
        SELECT FROM audit_legalhold h JOIN audit_auditevent e ON e.sequence <= NEW.sequence
        WHERE h.lifted_at IS NULL AND (
            h.scope = 'object' AND e.target = h.subject
            OR h.scope = 'person' AND (
                lower(e.actor_label) = lower(h.subject) OR e.actor_id = h.person_id
                OR e.target = 'user:' || h.person_id
            )
        )
    ) THEN
        RAISE EXCEPTION 'A legal hold keeps entries of the audit trail before that one.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_cut_is_allowed BEFORE INSERT OR UPDATE OR DELETE ON {schema}.audit_cut
FOR EACH ROW EXECUTE FUNCTION {schema}.attest_guard_audit_cut();

CREATE FUNCTION {schema}.attest_guard_audit_hold() RETURNS trigger LANGUAGE plpgsql
SET search_path = {schema}, pg_temp AS $$
DECLARE standing audit_legalhold;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        standing := NEW;
        standing.lifted_at := OLD.lifted_at;
        standing.lifted_by := OLD.lifted_by;
        IF OLD.lifted_at IS NULL AND NEW.lifted_at IS NOT NULL AND NEW.lifted_by <> '' AND standing::text = OLD::text
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'A legal hold is lifted, never changed or removed.';
END $$;
CREATE TRIGGER audit_hold_is_only_lifted BEFORE UPDATE OR DELETE ON {schema}.audit_legalhold
FOR EACH ROW EXECUTE FUNCTION {schema}.attest_guard_audit_hold();

CREATE FUNCTION {schema}.attest_audit_chain(ids bigint[], first bigint, before text, hashes text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE
    tail record;
    placed bigint;
BEGIN
    PERFORM pg_advisory_xact_lock({lock});
    SELECT e.sequence, e.hash INTO tail FROM audit_auditevent e
    WHERE e.sequence IS NOT NULL ORDER BY e.sequence DESC LIMIT 1;
    IF coalesce(tail.sequence, 0) + 1 <> first OR coalesce(tail.hash, repeat('0', 64)) <> before THEN
        RAISE EXCEPTION 'The audit trail has another end.';
    END IF;
    UPDATE audit_auditevent e
    SET sequence = first + n.place - 1, previous_hash = n.previous, hash = n.hash
    FROM (
        SELECT u.id, u.hash, u.place, lag(u.hash, 1, before) OVER (ORDER BY u.place) AS previous
        FROM unnest(ids, hashes) WITH ORDINALITY AS u (id, hash, place)
    ) n
    WHERE e.id = n.id AND e.sequence IS NULL;
    GET DIAGNOSTICS placed = ROW_COUNT;
    IF placed <> cardinality(ids) OR placed <> cardinality(hashes) THEN
        RAISE EXCEPTION 'An entry of the audit trail has its place already.';
    END IF;
END $$;

CREATE FUNCTION {schema}.attest_audit_cut(through bigint, most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE removed bigint;
BEGIN
    PERFORM pg_advisory_xact_lock({lock});
    IF NOT EXISTS (SELECT FROM audit_cut c WHERE c.sequence >= through) THEN
        INSERT INTO audit_cut (sequence, hash, at)
        SELECT through, coalesce((SELECT e.hash FROM audit_auditevent e WHERE e.sequence = through), ''), now();
    END IF;
    DELETE FROM audit_auditevent e WHERE e.id IN (
        SELECT old.id FROM audit_auditevent old
        WHERE old.sequence <= (SELECT max(c.sequence) FROM audit_cut c) ORDER BY old.sequence LIMIT most
    );
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END $$;
"""
BACKWARDS = """
DROP FUNCTION {schema}.attest_audit_cut(bigint, integer);
DROP FUNCTION {schema}.attest_audit_chain(bigint[], bigint, text, text[]);
DROP TRIGGER audit_hold_is_only_lifted ON {schema}.audit_legalhold;
DROP TRIGGER audit_cut_is_allowed ON {schema}.audit_cut;
DROP TRIGGER audit_is_append_only ON {schema}.audit_checkpoint;
DROP TRIGGER audit_refuses_truncate ON {schema}.audit_legalhold;
DROP TRIGGER audit_refuses_truncate ON {schema}.audit_cut;
DROP TRIGGER audit_refuses_truncate ON {schema}.audit_checkpoint;
DROP TRIGGER audit_refuses_truncate ON {schema}.audit_auditevent;
DROP FUNCTION {schema}.attest_guard_audit_hold();
DROP FUNCTION {schema}.attest_guard_audit_cut();
DROP FUNCTION {schema}.attest_refuse();
DROP TRIGGER audit_is_append_only ON {schema}.audit_auditevent;
CREATE OR REPLACE FUNCTION {schema}.attest_refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit trail is append-only.';
END $$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON {schema}.audit_auditevent
FOR EACH ROW EXECUTE FUNCTION {schema}.attest_refuse_audit_change();
"""


def forwards(apps: Any, schema_editor: Any) -> None:
    _run(FORWARDS, schema_editor)


def backwards(apps: Any, schema_editor: Any) -> None:
    _run(BACKWARDS, schema_editor)


def _run(sql: str, schema_editor: Any) -> None:
    """Functions with rights of their owner name their schema, so that nobody's search path decides what they do."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        cursor.execute(sql.replace("{schema}", cursor.fetchone()[0]).replace("{lock}", str(CHAIN_LOCK)))


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_outside_the_chain_first")]
    operations = [migrations.RunPython(forwards, backwards)]
