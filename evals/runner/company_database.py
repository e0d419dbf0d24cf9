"""The sample company in a database of its own, made by the real ingestion once and copied for every run.

The copy that others are made from is named after everything that decides what is in it: the documents, the code that
reads, cuts and stores them, the migrations and the encoder. PostgreSQL copies it within a second.
"""

import hashlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from socket import gethostname

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.db.backends.utils import CursorWrapper
from django.db.models import DateField, F
from django.db.models.functions import Cast
from django.test import override_settings
from django.utils import timezone
from psycopg import sql

from app.corpus.models import Document, Source
from app.ops.sample_company import folder, load_people, load_sources
from app.prompts.active import forget_active_prompts
from app.providers.models_in_use import forget_models_in_use
from app.providers.registry import configured_encoder
from app.safety.configured import forget as forget_policy
from ingestion.foreground import Progress, run_source

# Code that decides what a document becomes in the database; a change of any of these files makes a new copy.
CODE = (
    "ingestion", "app/corpus", "app/ops/sample_company.py", "app/providers/sentence_transformers_encoder.py",
    "app/providers/token_batches.py", "app/safety/injection.py", "app/safety/injection_rules.py",
    "app/safety/seen_text.py", "app/safety/hints.py",
)  # fmt: skip
TEMPLATE, BUILDING, COPY = "company", "building", "run"
# How many such copies are kept. The one in use and those of the last branches that were worked on.
KEPT = 2
# When the company's story stands (sample/README.md).
STORY = datetime(2026, 11, 23, tzinfo=UTC)
LOCK = 7_301
# Several machines may use one server, and only their own processes can be looked for.
HOST = hashlib.sha256(gethostname().encode()).hexdigest()[:6]


@contextmanager
def company_database(progress: Progress, *, variant: str = "") -> Iterator[None]:
    """Within, the default connection is a fresh copy with the sample company in it; afterwards it is gone.

    `variant` names a company that was read in another way than the code says, for tests.
    """
    template = ensure_template(progress, variant=variant)
    copy = _name(COPY, HOST, str(os.getpid()), hashlib.sha256(os.urandom(8)).hexdigest()[:6])
    with _maintenance() as cursor:
        _drop(cursor, copy)
        _create(cursor, copy, template)
    try:
        with connected_to(copy):
            as_on_the_day_of_the_story()
            yield
    finally:
        with _maintenance() as cursor:
            _drop(cursor, copy)


def ensure_template(progress: Progress, *, variant: str = "") -> str:
    """The name of the database that runs are copied from, after building it if it is not there."""
    name = _name(TEMPLATE, content_key(variant))
    with _maintenance() as cursor:
        # Whoever comes second waits, and finds it built.
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            if not _exists(cursor, name):
                _build(cursor, name, progress)
            _note_use(cursor, name)
            _sweep(cursor, name)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    return name


def as_on_the_day_of_the_story() -> None:
    """Moves ends of validity, so that what was past its date in the story is so today and nothing else is.

    Else cases would end otherwise as time goes by, with nothing changed in the product.
    """
    now = timezone.now()
    later = Cast(F("valid_until") + (now - STORY), DateField())
    Document.objects.update(checked_at=now, valid_until=later)
    Source.objects.update(last_synced_at=now)


def content_key(variant: str = "") -> str:
    """The same as long as ingesting the company would give the same."""
    digest = hashlib.sha256(f"{configured_encoder()}/{variant}".encode())
    base = Path(settings.BASE_DIR)
    documents = [path for path in (folder() / "documents").rglob("*") if path.is_file()]
    code = [path for part in CODE for path in _python(base / part)]
    migrations = sorted([*base.glob("*/migrations/*.py"), *base.glob("*/*/migrations/*.py")])
    for path in [*sorted(documents), folder() / "company.toml", *sorted(code), *migrations]:
        digest.update(path.relative_to(base).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


@contextmanager
def connected_to(name: str) -> Iterator[None]:
    """Every thread's default connection leads to that database."""
    before = connection.settings_dict["NAME"]
    _lead_to(name)
    try:
        yield
    finally:
        _lead_to(before)


def _lead_to(name: str) -> None:
    connections.close_all()
    # The pool belongs to the process and holds connections to where it once led.
    connection.close_pool()  # type: ignore[attr-defined]
    connection.settings_dict["NAME"] = name
    # What is remembered of one database does not hold in another.
    for forget in (forget_policy, forget_active_prompts, forget_models_in_use):
        forget()


def _python(path: Path) -> list[Path]:
    found = [path] if path.is_file() else path.rglob("*.py")
    return [each for each in found if "tests" not in each.parts]


def _name(kind: str, *parts: str) -> str:
    return "_".join((_own_name(), kind, *parts))


def _own_name() -> str:
    """The name of the configured database, also from within a copy of the company."""
    return re.split(rf"_(?:{TEMPLATE}|{BUILDING}|{COPY})_", str(connection.settings_dict["NAME"]))[0]


@contextmanager
def _maintenance() -> Iterator[CursorWrapper]:
    """A cursor on the server's own database, outside any transaction."""
    with connection._nodb_cursor() as cursor:
        yield cursor


def _build(cursor: CursorWrapper, name: str, progress: Progress) -> None:
    """Under another name until it is whole, so that a build that is killed is never taken for a company."""
    building = _name(BUILDING, HOST, str(os.getpid()))
    _drop(cursor, building)
    _create(cursor, building)
    # Files that came out of documents are not kept: nothing of a run may stay with the product.
    elsewhere = settings.STORAGES | {"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    with connected_to(building), override_settings(STORAGES=elsewhere):
        call_command("migrate", verbosity=0)
        load_people()
        for source in load_sources():
            run_source(source, progress)
    _run(cursor, "ALTER DATABASE {} RENAME TO {}", building, name)


def _note_use(cursor: CursorWrapper, name: str) -> None:
    statement = sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(str(time.time())))
    cursor.execute(statement.as_string(None))


def _sweep(cursor: CursorWrapper, current: str) -> None:
    """Drop what was not used for longest, and what processes left that are gone."""
    cursor.execute(
        "SELECT datname, coalesce(shobj_description(oid, 'pg_database'), '0') FROM pg_database WHERE datname LIKE %s",
        [f"{_own_name()}\\_%"],
    )
    databases = dict(cursor.fetchall())
    templates = [name for name in databases if name.startswith(_name(TEMPLATE, ""))]
    oldest_last = sorted(templates, key=lambda name: (name != current, -float(databases[name])))
    left = [name for name in databases if (pid := _pid_of(name)) is not None and not _is_running(pid)]
    for name in [*oldest_last[KEPT:], *left]:
        # A template that somebody copies at this moment stays until the next time.
        with suppress(Exception):
            _drop(cursor, name)


def _pid_of(name: str) -> int | None:
    """Of the process on this machine that it belongs to; None for a template, and for what other machines made."""
    found = re.search(rf"_(?:{BUILDING}|{COPY})_{HOST}_(\d+)", name)
    return int(found[1]) if found else None


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _exists(cursor: CursorWrapper, name: str) -> bool:
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
    return cursor.fetchone() is not None


def _create(cursor: CursorWrapper, name: str, template: str = "template1") -> None:
    _run(cursor, "CREATE DATABASE {} TEMPLATE {}", name, template)


def _drop(cursor: CursorWrapper, name: str) -> None:
    _run(cursor, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _run(cursor: CursorWrapper, statement: str, *names: str) -> None:
    cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)).as_string(None))
