"""The ground every test stands on: a PostgreSQL and a Valkey of this run's own, in a temporary folder.

Nothing of the developer's environment reaches the settings, and two runs beside each other never meet.
"""

import os
import shutil
import tempfile
from pathlib import Path

import django
import pytest
import pytest_django

from app.embedded import Handle, postgres_url, start_postgres, start_valkey, stop_unused, valkey_url

PREFIX = "attest-test-"
OURS = ("ATTEST_", "LLM_", "DATABASE_URL", "VALKEY_URL", "SENTRY_DSN", "SECRET_KEY", "DEBUG")

started: list[Handle] = []


def pytest_configure(config: pytest.Config) -> None:
    """Set the environment before Django reads it, and start the services."""
    sweep_up_killed_runs()
    data_dir = Path(tempfile.mkdtemp(prefix=PREFIX))
    for name in [name for name in os.environ if name.startswith(OURS)]:
        del os.environ[name]
    os.environ["ATTEST_DATA_DIR"] = str(data_dir)
    os.environ["DATABASE_URL"] = postgres_url(data_dir)
    os.environ["VALKEY_URL"] = valkey_url(data_dir)
    os.environ["HF_HUB_OFFLINE"] = "1"
    # Tests ask as fast as they can; those of the limits set their own.
    os.environ["ATTEST_LIMITS"] = os.environ["ATTEST_SEARCH_LIMITS"] = "off"
    os.environ["DJANGO_SETTINGS_MODULE"] = "app.settings"
    # Where collected static files would be: the tests serve them from their sources, but the folder is looked for.
    (data_dir / "static").mkdir()
    started.append(start_postgres(data_dir, durable=False))
    started.append(start_valkey(data_dir, durable=False))
    # Only now, as the settings are read from the environment set above.
    django.setup()
    hash_passwords_fast()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A limit on seconds is broken only when it is broken three times in a row: other programs take time too.

    A browser has such limits in everything it waits for.
    """
    for item in items:
        if item.get_closest_marker("timed") or item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=2, reruns_delay=1))


def hash_passwords_fast() -> None:
    """One round instead of a million: the same algorithm, so that servers which tests start can check the result."""
    from django.contrib.auth.hashers import PBKDF2PasswordHasher

    PBKDF2PasswordHasher.iterations = 1


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started, by process id, and leave no file."""
    while started:
        started.pop().stop()
    data_dir = Path(os.environ.get("ATTEST_DATA_DIR", ""))
    if data_dir.name.startswith(PREFIX):
        shutil.rmtree(data_dir, ignore_errors=True)


def sweep_up_killed_runs() -> None:
    """Stop and remove what a run that was killed could not; a live run holds its locks and is left alone."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if os.access(folder, os.W_OK) and (folder / "valkey.users.lock").exists() and stop_unused(folder):
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: "pytest_django.DjangoDbBlocker") -> None:
    """Tests that commit empty all tables afterwards, which the audit trail's own guard refuses."""
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table in ("audit_auditevent", "audit_checkpoint", "audit_cut", "audit_legalhold"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER audit_refuses_truncate")


@pytest.fixture
def free_port() -> int:
    """A TCP port on loopback that nobody listens on now."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
