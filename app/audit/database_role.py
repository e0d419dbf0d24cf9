"""What the database role that the application connects as could do to the audit trail, and a role that could not."""

from dataclasses import dataclass

from django.db import connection

ROLE = "attest_app"
TABLES = ("audit_auditevent", "audit_checkpoint", "audit_cut", "audit_legalhold")
FUNCTIONS = ("attest_audit_chain(bigint[], bigint, text, text[])", "attest_audit_cut(bigint, integer)")

# The triggers that keep what is written as it is; each must be there and on.
GUARDS = (
    ("audit_auditevent", "audit_is_append_only"), ("audit_auditevent", "audit_refuses_truncate"),
    ("audit_checkpoint", "audit_is_append_only"), ("audit_checkpoint", "audit_refuses_truncate"),
    ("audit_cut", "audit_cut_is_allowed"), ("audit_cut", "audit_cut_is_old_enough"),
    ("audit_cut", "audit_refuses_truncate"), ("audit_legalhold", "audit_hold_is_only_lifted"),
    ("audit_legalhold", "audit_refuses_truncate"),
)  # fmt: skip

# With `pg_write_all_data` or membership in the owner a role could do the same; `pg_has_role` finds the latter. Whoever
# owns the schema (in `public`: the database) may drop tables that others own.
WHO = """
SELECT current_user, rolsuper, pg_has_role(current_user, c.relowner, 'MEMBER'),
    pg_has_role(current_user, n.nspowner, 'MEMBER'),
    has_table_privilege(c.oid, 'UPDATE') OR has_table_privilege(c.oid, 'DELETE')
        OR has_table_privilege(c.oid, 'TRUNCATE') OR has_table_privilege(c.oid, 'TRIGGER'),
    (SELECT array_agg(g.relname || '.' || t.tgname) FROM pg_trigger t JOIN pg_class g ON g.oid = t.tgrelid
     WHERE g.relnamespace = n.oid AND t.tgenabled IN ('O', 'A'))
FROM pg_roles r, pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE r.rolname = current_user AND c.oid = to_regclass('audit_auditevent')
"""


@dataclass(frozen=True, slots=True)
class Power:
    """Of the current role over the table of entries."""

    role: str
    is_superuser: bool
    is_owner: bool
    owns_schema: bool
    may_change: bool
    # Guards that are switched off or gone.
    off: tuple[str, ...] = ()

    @property
    def trigger_is_on(self) -> bool:
        return not self.off

    @property
    def could_switch_off(self) -> bool:
        """Whether the role could disable the triggers that keep entries as they are, or drop the tables."""
        return self.is_superuser or self.is_owner or self.owns_schema

    @property
    def words(self) -> str:
        if not self.trigger_is_on:
            return (
                f"The database's guard is switched off ({', '.join(self.off)}): the audit trail can be changed. "
                "Run `manage.py verify_audit`."
            )
        if self.is_superuser:
            why = "is a superuser"
        elif self.is_owner:
            why = "owns the table"
        elif self.owns_schema:
            why = "owns the schema, so it may drop the table,"
        else:
            return f"The database refuses changes, and the product's role “{self.role}” could not switch that off."
        return (
            f"The database refuses changes, but the product's role “{self.role}” {why} and could switch that off. "
            "Only the chain and checkpoints kept elsewhere show it then."
        )


def power() -> Power | None:
    """None while the table is not there."""
    with connection.cursor() as cursor:
        cursor.execute(WHO)
        row = cursor.fetchone()
    if not row:
        return None
    on = set(row[5] or ())
    off = tuple(name for name in (f"{table}.{trigger}" for table, trigger in GUARDS) if name not in on)
    return Power(row[0], bool(row[1]), bool(row[2]), bool(row[3]), bool(row[4]), off)


def role_statements(role: str = ROLE, *, schema: str = "public", database: str = "attest", owner: str = "") -> str:
    """SQL that the tables' owner runs to make `role`: it can do what the product does, and nothing more to entries."""
    name, place, base = (_quoted(each) for each in (role, schema, database))
    tables = ", ".join(f"{place}.{each}" for each in TABLES)
    functions = ", ".join(f"{place}.{each}" for each in FUNCTIONS)
    by_owner = f" FOR ROLE {_quoted(owner)}" if owner else ""
    # Every name in it is quoted.
    return f"""\
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {_literal(role)}) THEN
        CREATE ROLE {name} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
    END IF;
END $$;
GRANT CONNECT ON DATABASE {base} TO {name};
GRANT USAGE ON SCHEMA {place} TO {name};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {place} TO {name};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {place} TO {name};
ALTER DEFAULT PRIVILEGES{by_owner} IN SCHEMA {place} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {name};
ALTER DEFAULT PRIVILEGES{by_owner} IN SCHEMA {place} GRANT USAGE, SELECT ON SEQUENCES TO {name};
REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON {tables} FROM {name};
REVOKE INSERT ON {place}.audit_cut FROM {name};
GRANT UPDATE (lifted_at, lifted_by) ON {place}.audit_legalhold TO {name};
GRANT EXECUTE ON FUNCTION {functions} TO {name};
REVOKE UPDATE, DELETE, INSERT ON {place}.django_migrations FROM {name};
"""  # noqa: S608


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
