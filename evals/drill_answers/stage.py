"""Everything the drill plays on: services of its own, the web application, the servers it asks, and a library."""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from app.embedded import EmbeddedServiceError, Handle, postgres_url, start_postgres, start_valkey, valkey_url
from evals.drill_answers.doors import Door
from evals.drill_answers.library import DOCUMENTS

OURS = ("ATTEST_", "LLM_", "DATABASE_URL", "VALKEY_URL", "SENTRY_DSN", "SECRET_KEY", "DEBUG")
ENCODER = "all-MiniLM-L6-v2"
EMAIL, PASSWORD = "drill@example.com", "a password for the drill"
START: dict[str, Callable[[Path], Handle]] = {"postgres": start_postgres, "valkey": start_valkey}
START_TRIES = 40
WEB_STARTS_WITHIN_S = 90.0
RECORDED_WITHIN_S = 25.0
# Shorter than the product's own, so that a drill takes minutes; retries and circuits are the product's.
SHORT_PATIENCE = {
    "LLM_CONNECT_TIMEOUT_S": "0.8", "LLM_FIRST_TOKEN_TIMEOUT_S": "1.2", "LLM_TOKEN_TIMEOUT_S": "1.0",
    "LLM_TOTAL_TIMEOUT_S": "4", "LLM_PATIENCE_S": "15", "ATTEST_ENCODER_TIMEOUT_S": "0.8",
    "ATTEST_RERANKER_TIMEOUT_S": "0.8", "ATTEST_DATABASE_PATIENCE_S": "3",
    "ATTEST_LIMITS": "300/m/user,10/at-once/user",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """What the database has of an answer once it is finished."""

    outcome: str
    mode: str
    error: str
    attempts: list[str]
    flags: list[str]
    conversation_id: int


class Stage:
    """`with opened(...) as stage`. Only one at a time in a process, as Django's settings are the process's."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.chat = Door("mock-cite-itl5")
        self.embeddings = Door(vectors=_vectors)
        self.reranker = Door("mock")
        self.environment: dict[str, str] = {}
        self.services: dict[str, Handle] = {}
        self._coming_back: list[threading.Thread] = []

    @property
    def servers(self) -> tuple[Door, Door, Door]:
        return self.chat, self.embeddings, self.reranker

    # -- services -----------------------------------------------------------------------------------

    def kill(self, name: str) -> None:
        """As a machine that loses its power: nothing is said to anybody."""
        pid = self.services[name].pid
        if pid is None:
            return
        with suppress(psutil.NoSuchProcess):
            server = psutil.Process(pid)
            for process in [server, *server.children(recursive=True)]:
                with suppress(psutil.NoSuchProcess):
                    process.kill()

    def start(self, name: str) -> None:
        if name in self.services:
            # Lets go of the killed one; else it would count as in use for ever.
            self.services[name].stop()
        for attempt in range(START_TRIES):
            try:
                self.services[name] = START[name](self.data_dir)
                return
            except EmbeddedServiceError:
                # What the killed one left behind may take a moment to go.
                if attempt == START_TRIES - 1:
                    raise
                time.sleep(0.25)

    def fail_over(self, name: str, away_s: float) -> None:
        """Kill it now; it is back after `away_s`, while whoever called does something else."""
        self.kill(name)

        def back() -> None:
            time.sleep(away_s)
            self.start(name)

        thread = threading.Thread(target=back)
        thread.start()
        self._coming_back.append(thread)

    def freeze(self, name: str) -> None:
        self._signal(name, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        self._signal(name, signal.SIGCONT)

    def _signal(self, name: str, number: signal.Signals) -> None:
        if (pid := self.services[name].pid) is not None:
            os.kill(pid, number)

    def calm(self) -> None:
        """Everything works again, and no circuit remembers what was."""
        from app.providers.shared_state import shared_values

        while self._coming_back:
            self._coming_back.pop().join(60)
        for door in self.servers:
            door.behave()
        shared_values().forget()

    # -- the product --------------------------------------------------------------------------------

    def open_web(self, stack: ExitStack) -> None:
        port = _free_port()
        self.address = f"http://127.0.0.1:{port}"
        environ = os.environ | self.environment | {
            "ATTEST_PORT": str(port), "ATTEST_ENCODER_BASE_URL": self.embeddings.url, "ATTEST_ENCODER_MODEL": ENCODER,
        }  # fmt: skip
        log = stack.enter_context((self.data_dir / "web.log").open("wb"))
        web = subprocess.Popen(
            [sys.executable, "-m", "app.supervisor.web"], env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        stack.callback(_stop, web)
        _wait_for(f"{self.address}/healthz")

    def sign_in(self, stack: ExitStack, key: str) -> None:
        """The API by key, and pages by a session, both as the same person."""
        self.api = stack.enter_context(httpx.Client(base_url=self.address, headers={"Authorization": f"Bearer {key}"}))
        self.pages = stack.enter_context(httpx.Client(base_url=self.address, timeout=30))
        status, _ = self._signed_in(self.pages)
        if status != httpx.codes.FOUND:
            raise RuntimeError(f"Signing in was answered with {status}.")

    def try_to_sign_in(self) -> tuple[int, str]:
        """As somebody else's browser; returns the status and the page."""
        with httpx.Client(base_url=self.address, timeout=30) as browser:
            return self._signed_in(browser)

    def _signed_in(self, browser: httpx.Client) -> tuple[int, str]:
        browser.get("/accounts/login/")
        form = {"login": EMAIL, "password": PASSWORD, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        reply = browser.post("/accounts/login/", data=form, headers={"Referer": self.address})
        return reply.status_code, reply.text

    # -- what was recorded --------------------------------------------------------------------------

    def row(self, answer_id: int) -> Row | None:
        """None where the row has no outcome after `RECORDED_WITHIN_S`."""
        from django.db import Error, connections

        from app.answers.models import Answer

        due = time.monotonic() + RECORDED_WITHIN_S
        while time.monotonic() < due:
            try:
                found = Answer.objects.exclude(outcome="").select_related("question").filter(pk=answer_id).first()
            except Error:
                found = None
            finally:
                connections.close_all()
            if found is not None:
                return _row(found)
            time.sleep(0.1)
        return None

    def open_rows(self) -> int:
        """Questions without a finished answer."""
        from app.answers.models import Answer, Question

        return Question.objects.count() - Answer.objects.exclude(outcome="").count()

    def circuit(self, kind: str) -> str:
        """How the circuit of "chat", "embedding" or "reranker" stands."""
        from app.providers.chat_models import all_models, breaker, breaker_of
        from app.providers.registry import reranker_breaker

        found = {
            "chat": lambda: breaker_of(all_models()[0]), "reranker": reranker_breaker,
            "embedding": lambda: breaker("embedding", self.embeddings.url, ENCODER),
        }[kind]()  # fmt: skip
        circuit = found.circuit()
        failures = sum(bool(call.failure) for call in circuit.calls)
        state = circuit.state(time.time()).value
        return f"{kind} circuit {state}" + (f" ({failures} failed)" if failures else "")


@contextmanager
def opened(data_dir: Path) -> Iterator[Stage]:
    """Start everything, load the library, sign in; afterwards nothing of it runs."""
    stage = Stage(data_dir)
    with ExitStack() as stack:
        for door in stage.servers:
            stack.enter_context(door)
        stage.environment = environment(stage)
        for name in [name for name in os.environ if name.startswith(OURS)]:
            del os.environ[name]
        os.environ.update(stage.environment)
        stack.callback(_stop_services, stage)
        with start_postgres(data_dir, durable=False):
            key = _prepared()
        # From now on what was committed must outlive that the server is killed.
        for name in START:
            stage.start(name)
        stage.open_web(stack)
        stage.sign_in(stack, key)
        yield stage


def environment(stage: Stage) -> dict[str, str]:
    return {
        "ATTEST_DATA_DIR": str(stage.data_dir), "DATABASE_URL": postgres_url(stage.data_dir),
        "VALKEY_URL": valkey_url(stage.data_dir), "DEBUG": "false", "SECRET_KEY": "of-the-drill-" + "x" * 50,
        "LLM_BASE_URL": stage.chat.url, "LLM_MODEL": "drill", "ATTEST_RERANKER_BASE_URL": stage.reranker.url,
        "ATTEST_RERANKER_MODEL": "drill", "ATTEST_TORCH_THREADS": "1", "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1",
        "DJANGO_SETTINGS_MODULE": "app.settings", **SHORT_PATIENCE,
    }  # fmt: skip


def _prepared() -> str:
    """The database with the library and one person; returns an API key of theirs."""
    import django

    django.setup()
    # What happens meanwhile stands in the log of the web server; here it would hide the table.
    logging.disable(logging.WARNING)
    from django.core.management import call_command
    from django.db import connection

    from app.accounts.keys import create_key
    from app.accounts.models import User
    from app.corpus.terms import fold_changes
    from ingestion.pipeline import ingest_document
    from ingestion.sources import create_source, upload_document

    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    source = create_source(actor=None, name="Handbook", kind="upload", everyone=True)
    for name, text in DOCUMENTS.items():
        ingest_document(upload_document(source, actor=None, name=name, data=text.encode()).pk)
    fold_changes()
    user = User.objects.create_user(EMAIL, PASSWORD)
    _, key = create_key(user, "drill")
    connection.close_pool()  # type: ignore[attr-defined]
    return key


def _vectors(texts: Sequence[str] | str) -> list[list[float]]:
    """By the same model as the library's: the endpoint is a stand-in for a real one."""
    from app.providers.registry import get_encoder

    rows: list[list[float]] = get_encoder().encode_passages([texts] if isinstance(texts, str) else texts).tolist()
    return rows


def _row(answer: Any) -> Row:
    return Row(
        outcome=answer.outcome, mode=answer.mode, error=answer.error,
        attempts=[str(each["ended"]) for each in answer.attempts],
        flags=[str(each["kind"]) for each in answer.flags], conversation_id=answer.question.conversation_id,
    )  # fmt: skip


def _stop(web: "subprocess.Popen[bytes]") -> None:
    web.terminate()
    try:
        web.wait(15)
    except subprocess.TimeoutExpired:
        web.kill()
        web.wait()


def _stop_services(stage: Stage) -> None:
    from django.db import connections

    with suppress(Exception):
        connections["default"].close_pool()  # type: ignore[attr-defined]
    for thread in stage._coming_back:
        thread.join(60)
    for name, handle in stage.services.items():
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            stage.thaw(name)
        handle.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(url: str) -> None:
    due = time.monotonic() + WEB_STARTS_WITHIN_S
    while time.monotonic() < due:
        try:
            httpx.get(url, timeout=2)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"The web server does not answer within {WEB_STARTS_WITHIN_S:.0f} s.")
