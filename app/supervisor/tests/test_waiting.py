"""Services that the settings name are waited for, and named without their password when they stay away."""

import io
import os
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
import pytest

from app.supervisor import waiting
from app.supervisor.console import Console
from app.supervisor.waiting import ServiceError, refuse_unfit, wait_for_postgres, wait_for_valkey


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(waiting, "WAIT_SECONDS", 0.1)
    monkeypatch.setattr(waiting, "PAUSE_SECONDS", 0.05)


def test_services_that_answer_need_no_word():
    stream = io.StringIO()
    wait_for_postgres(os.environ["DATABASE_URL"], Console(stream))
    wait_for_valkey(os.environ["VALKEY_URL"], Console(stream))
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("wait", "scheme", "variable"),
    [(wait_for_postgres, "postgresql", "DATABASE_URL"), (wait_for_valkey, "redis", "VALKEY_URL")],
)
def test_a_service_that_stays_away(wait, scheme: str, variable: str, free_port: int):
    stream = io.StringIO()
    with pytest.raises(ServiceError) as caught:
        wait(f"{scheme}://user:secret@127.0.0.1:{free_port}/0", Console(stream))
    assert f"at 127.0.0.1:{free_port} has not answered" in str(caught.value)
    assert f"correct {variable}" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert f"127.0.0.1:{free_port} …" in stream.getvalue()


@pytest.fixture
def bare_database() -> Iterator[str]:
    """A database of the tests' own server in which nobody has installed pgvector."""
    name = f"bare_{os.getpid()}"
    url = os.environ["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    yield urlsplit(url)._replace(path=f"/{name}").geturl()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def extensions(tmp_path: Path) -> Path:
    """A folder of extensions for the real server, instead of the ones that it came with."""
    (tmp_path / "extension").mkdir()
    for folder in (tmp_path, *tmp_path.parents[:3]):
        # As root the server runs as another user, who must pass through.
        folder.chmod(folder.stat().st_mode | 0o055)
    return tmp_path


def offer(extensions: Path, version: str) -> None:
    """Let the server offer an extension `vector` of this version, which holds nothing."""
    (extensions / "extension" / "vector.control").write_text(f"default_version = '{version}'\nrelocatable = true\n")
    (extensions / "extension" / f"vector--{version}.sql").write_text("SELECT 1;\n")


def with_extensions(url: str, extensions: Path) -> str:
    return f"{url}&options={quote(f'-c extension_control_path={extensions}', safe='')}"


def refusal(url: str) -> str:
    """The sentence, said at once: waiting would change nothing."""
    stream = io.StringIO()
    began = time.monotonic()
    with pytest.raises(ServiceError) as caught:
        wait_for_postgres(url, Console(stream))
    assert caught.value.permanent
    assert stream.getvalue() == ""
    assert time.monotonic() - began < 30
    return str(caught.value)


@pytest.fixture
def patient(monkeypatch):
    monkeypatch.setattr(waiting, "WAIT_SECONDS", 60.0)


def test_a_database_without_vectors_yet_is_fit_if_the_server_offers_them(bare_database: str):
    wait_for_postgres(bare_database, Console(io.StringIO()))


@pytest.mark.usefixtures("patient")
def test_a_server_without_pgvector(bare_database: str, extensions: Path):
    sentence = refusal(with_extensions(bare_database, extensions))
    assert "has no pgvector (the extension vector), and Attest needs 0.8 or newer" in sentence
    assert "apt install postgresql-18-pgvector" in sentence
    assert "ALTER EXTENSION" not in sentence


@pytest.mark.usefixtures("patient")
def test_a_server_with_an_old_pgvector(bare_database: str, extensions: Path):
    offer(extensions, "0.7.4")
    sentence = refusal(with_extensions(bare_database, extensions))
    assert "has pgvector 0.7.4, and Attest needs 0.8 or newer" in sentence


@pytest.mark.usefixtures("patient")
def test_a_database_that_still_uses_an_old_pgvector(bare_database: str, extensions: Path):
    offer(extensions, "0.7.4")
    with psycopg.connect(with_extensions(bare_database, extensions)) as connection:
        connection.execute("CREATE EXTENSION vector")
    assert "has pgvector 0.7.4" in refusal(with_extensions(bare_database, extensions))
    sentence = refusal(bare_database)
    assert "uses pgvector 0.7.4, and Attest needs 0.8 or newer; the server has 0." in sentence
    assert "run `ALTER EXTENSION vector UPDATE` in that database" in sentence


def test_later_versions_of_pgvector_are_not_taken_for_old_ones(bare_database: str, extensions: Path):
    for version in ("0.8.0", "0.10.1", "1.0", "2"):
        offer(extensions, version)
        wait_for_postgres(with_extensions(bare_database, extensions), Console(io.StringIO()))


class OldServer:
    """Says what a PostgreSQL of that version says when it is asked; the tests' own server is a new one."""

    def __init__(self, version: str) -> None:
        self.version = version

    def execute(self, query: str) -> "OldServer":
        assert query == "SHOW server_version_num"
        return self

    def fetchone(self) -> tuple[str]:
        return (self.version,)


def test_a_postgresql_that_is_too_old():
    with pytest.raises(ServiceError) as caught:
        refuse_unfit(OldServer("150018"), "PostgreSQL at db:5432")
    assert caught.value.permanent
    assert "PostgreSQL at db:5432 is version 15, and Attest needs 16 or newer; install one" in str(caught.value)
