"""Services that the settings name are waited for, and named without their password when they stay away."""

import io
import os

import pytest

from app.supervisor import waiting
from app.supervisor.console import Console
from app.supervisor.waiting import ServiceError, wait_for_postgres, wait_for_valkey


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
