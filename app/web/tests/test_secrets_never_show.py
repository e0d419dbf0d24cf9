"""No secret of any kind of source is to be read anywhere: not in the database, logs, errors, pages or the API.

Each kind is given a secret by which it is recognised, and a server that refuses it and repeats what it was told.
"""

import base64
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from app.api.authentication import Caller
from app.api.sources import source_out
from app.corpus.access import reader_for
from app.corpus.models import Document, Source
from app.corpus.secrets import open_secrets
from app.web.tests.conftest import Visitors
from ingestion import sources as acts
from ingestion.connectors import registry
from ingestion.connectors.base import SettingKind
from ingestion.jobs import queue_document
from ingestion.models import SyncRun
from ingestion.pipeline import Result, ingest_document
from ingestion.sync import look, open_run
from ingestion.tests.echo_server import EchoServer

MARK = "sesame-5b0e-open-sesame"
HOST = "127.0.0.1"
INSIDE = {"allowed_internal_hosts": HOST}
ACCOUNT_KEY = json.dumps({"type": "service_account", "private_key": MARK, "private_key_id": MARK, "project_id": "p",
                          "client_email": "a@b.example"})  # fmt: skip
PRIVATE_KEY = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{MARK}\n-----END OPENSSH PRIVATE KEY-----"
# Those that send the secret as it is, or packed.
SENT = {"webdav", "git", "mailbox", "name and password", "data center"}
# The kind, its settings ("{at}" is where the server is), and its secrets.
CASES: dict[str, tuple[str, dict[str, Any], dict[str, str]]] = {
    "s3": ("files", {"url": "s3://bucket", "user": "ada", "endpoint_url": "http://{at}"}, {"secret": MARK}),
    "gs": ("files", {"url": "gs://bucket", "endpoint_url": "http://{at}"}, {"secret": ACCOUNT_KEY}),
    "az": ("files", {"url": "az://box", "user": "ada", "endpoint_url": "http://{at}"}, {"secret": f"sv=1&sig={MARK}"}),
    "az, no base64": ("files", {"url": "az://box", "user": "ada", "endpoint_url": "http://{at}"}, {"secret": MARK}),
    "webdav": ("files", {"url": "webdav://{at}/docs", "user": "ada"}, {"secret": MARK}),
    "sftp": ("files", {"url": "sftp://{at}/docs", "user": "ada"}, {"secret": MARK}),
    "sftp with a key": ("files", {"url": "sftp://{at}/docs", "user": "ada"}, {"secret": PRIVATE_KEY}),
    "smb": ("files", {"url": "smb://{at}/share", "user": "ada"}, {"secret": MARK}),
    "git": ("git", {"url": "http://{at}/team/docs.git", "user": "ada", **INSIDE}, {"token": MARK}),
    "mailbox": (
        "mailbox", {"host": HOST, "port": "{port}", "security": "none", "user": "ada", **INSIDE}, {"password": MARK},
    ),
    "name and password": (
        "confluence", {"base_url": "http://{at}", "edition": "data_center", "account": "ada", **INSIDE},
        {"token": MARK},
    ),
    "data center": ("confluence", {"base_url": "http://{at}", "edition": "data_center", **INSIDE}, {"token": MARK}),
    "header that is none": (
        "confluence", {"base_url": "http://{at}", "edition": "data_center", **INSIDE}, {"token": f"{MARK}\r\nX: é…"},
    ),
    "postgresql": (
        "database", {"url": "postgresql://{at}/company", "user": "ada", "query": "SELECT 1 AS id"}, {"password": MARK},
    ),
    "mysql": (
        "database", {"url": "mysql://{at}/company", "user": "ada", "query": "SELECT 1 AS id"},
        {"password": f"{MARK}…é"},
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def shipped_kinds_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_registered", {})


@pytest.fixture
def echo() -> Iterator[EchoServer]:
    server = EchoServer()
    yield server
    server.stop()


def test_no_kind_with_a_secret_is_left_out() -> None:
    asking = {
        kind.kind
        for kind in registry.kinds().values()
        if any(setting.kind is SettingKind.SECRET for setting in kind.settings)
    }
    assert asking == {kind for kind, _, _ in CASES.values()}


@pytest.mark.parametrize("name", CASES)
def test_a_secret_is_told_to_its_server_alone(
    name: str, visitors: Visitors, echo: EchoServer, caplog: pytest.LogCaptureFixture
) -> None:
    kind, settings, secrets = case(name, echo)
    caplog.set_level(logging.DEBUG)
    seen = [tried(kind, settings, secrets)]
    source = acts.create_source(
        actor=visitors.world.ada, name=f"Source of {name}", kind=kind, everyone=True, settings=settings, secrets=secrets
    )
    assert MARK in json.dumps(open_secrets(source.secrets))
    seen.append(tried(kind, settings, {}, source))
    run = open_run(source)
    assert run is not None
    look(run)
    run.refresh_from_db()
    assert run.state == SyncRun.State.FAILED
    document = Document.objects.create(source=source, external_id="a.md", title="A", access_set=source.access_set)
    queue_document(document, "1")
    assert ingest_document(document.pk) in (Result.FAILED, Result.RETRY)
    seen += [*pages(visitors, source, document, settings, secrets), api(visitors, source), caplog.text, everything()]
    for text in seen:
        assert not shown(text)
    assert name not in SENT or shown(echo.heard.decode("latin-1"))
    assert MARK not in repr(registry.connection_of(source))


def test_the_search_finds_what_is_hidden_in_base64() -> None:
    assert all(shown(base64.b64encode(f"{before}{MARK}:x".encode()).decode()) for before in ("", "a", "ab"))


def case(name: str, echo: EchoServer) -> tuple[str, dict[str, Any], dict[str, str]]:
    kind, settings, secrets = CASES[name]
    filled = {key: value.format(at=f"{HOST}:{echo.port}", port=echo.port) for key, value in settings.items()}
    return kind, filled, secrets


def tried(kind: str, settings: dict[str, Any], secrets: dict[str, str], source: Source | None = None) -> str:
    with pytest.raises(acts.SourceError) as caught:
        acts.test_connection(kind, settings, secrets, source=source)
    return str(caught.value)


def pages(
    visitors: Visitors, source: Source, document: Document, settings: dict[str, Any], secrets: dict[str, str]
) -> Iterator[str]:
    ada, home = visitors.ada, f"/sources/{source.pk}/"
    for page in ("/sources/", home, f"{home}runs/", f"{home}failures/", f"{home}settings/", f"{home}index/",
                 f"{home}documents/{document.pk}/"):  # fmt: skip
        answer = ada.get(page)
        assert answer.status_code == 200
        yield answer.text
    # Without a name the form comes back with its errors, and everything that was typed but the secrets.
    typed = {f"connection-{key}": value for key, value in (settings | secrets).items()}
    for page in (f"/sources/new/{source.kind}/", f"/sources/new/{source.kind}/test/", f"{home}settings/",
                 f"{home}settings/test/"):  # fmt: skip
        answer = ada.post(page, typed)
        assert answer.status_code == 200
        yield answer.text


def api(visitors: Visitors, source: Source) -> str:
    ada = visitors.world.ada
    source.refresh_from_db()
    return source_out(source, Caller(ada, reader_for(ada)), 0).model_dump_json()


def everything() -> str:
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found = []
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT coalesce(string_agg(row_to_json(each)::text, chr(10)), '') FROM \"{table}\" each")
            found.append(cursor.fetchone()[0])
    return "\n".join(found)


def shown(text: str) -> bool:
    return MARK in text or any(core in text for core in packed(MARK))


def packed(words: str) -> list[str]:
    """What base64 makes of the words wherever they begin, without the ends that depend on their neighbours."""
    return [base64.b64encode(b" " * shift + words.encode())[4:-4].decode() for shift in range(3)]
