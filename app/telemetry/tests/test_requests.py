"""Every request has an id that goes with it everywhere, one log line, and one count; none says who or what."""

import io
import json
import logging
import re

import pytest
import structlog
from django.conf import settings
from django.test import AsyncClient
from prometheus_client import REGISTRY

from app.telemetry.middleware import request_id_of

SECRETS = ("q=", "salary", "eve@example.com", "Bearer", "attest_", "a long enough password")


@pytest.fixture
def log_lines():
    """The lines as this process would write them, read back."""
    stream = io.StringIO()
    handlers = [each for each in logging.getLogger().handlers if _writes_json(each)]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(handlers[0].formatter)
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


def _writes_json(handler: logging.Handler) -> bool:
    return isinstance(handler.formatter, structlog.stdlib.ProcessorFormatter)


def finished(lines):
    return [line for line in lines if line["event"] == "request_finished"]


async def test_a_request_without_an_id_gets_a_new_one_each_time():
    replies = [await AsyncClient().get("/accounts/signup/") for _ in range(2)]
    first, second = (reply.headers["X-Request-ID"] for reply in replies)
    assert re.fullmatch(r"[0-9a-f]{32}", first)
    assert first != second


async def test_a_callers_id_is_kept_and_given_back():
    reply = await AsyncClient().get("/accounts/signup/", headers={"X-Request-ID": "trace-42.a_b"})
    assert reply.headers["X-Request-ID"] == "trace-42.a_b"


@pytest.mark.parametrize(
    "offered", ["", "short", "x" * 65, "two words", "a\nb: c------", "<script>alert</script>", "ünïcödé-id"]
)
def test_an_id_that_could_do_harm_is_replaced(rf, offered):
    request = rf.get("/", headers={"X-Request-ID": offered})
    assert re.fullmatch(r"[0-9a-f]{32}", request_id_of(request))


def test_an_id_that_ends_in_a_line_break_is_replaced(rf):
    assert "\n" not in request_id_of(rf.get("/", headers={"X-Request-ID": "abcdefgh\n"}))


@pytest.mark.django_db(transaction=True)
async def test_a_line_says_the_route_and_never_who_or_what(log_lines):
    client = AsyncClient()
    headers = {"X-Request-ID": "trace-1234", "Authorization": "Bearer attest_aaa_bbb"}
    await client.get("/library/?q=salary+of+eve@example.com", headers=headers)
    await client.post("/accounts/login/", {"login": "eve@example.com", "password": "a long enough password"})
    lines = finished(log_lines())
    assert [line["route"] for line in lines] == ["library/", "accounts/login/"]
    assert lines[0]["request_id"] == "trace-1234"
    assert lines[0]["took_ms"] > 0
    assert (lines[0]["method"], lines[0]["status"], lines[0]["level"]) == ("GET", 302, "info")
    written = json.dumps(log_lines())
    assert not [secret for secret in SECRETS if secret in written]


async def test_an_address_that_is_not_there_is_logged_without_the_address(log_lines):
    await AsyncClient().get("/no/such/eve@example.com/")
    assert finished(log_lines())[0]["route"] == "unmatched"
    assert "eve@example.com" not in json.dumps(log_lines())


async def test_health_checks_and_static_files_make_no_lines(log_lines):
    await AsyncClient().get("/healthz")
    await AsyncClient().get("/static/css/no-such-file.css")
    assert finished(log_lines()) == []


async def test_each_request_is_counted_by_its_route():
    labels = {"method": "GET", "route": "unmatched", "status": "404"}

    def count() -> float:
        return REGISTRY.get_sample_value("attest_request_seconds_count", labels) or 0.0

    before = count()
    await AsyncClient().get("/one/secret/path/")
    await AsyncClient().get("/another/")
    assert count() == before + 2


def test_metrics_are_named_and_labelled_as_the_dashboards_expect():
    ours = {metric.name: metric for metric in REGISTRY.collect() if metric.name.startswith("attest_")}
    assert {
        "attest_request_seconds", "attest_search_seconds", "attest_answers", "attest_answer_seconds",
        "attest_first_token_seconds", "attest_dropped_citations", "attest_documents", "attest_jobs_waiting",
        "attest_oldest_job_seconds",
    } <= ours.keys()  # fmt: skip
    labels = {label for metric in ours.values() for sample in metric.samples for label in sample.labels}
    # Each of few values: models, circuits and kinds are as many as an operator has set up.
    assert labels <= {
        "act", "by", "circuit", "condition", "direction", "ended", "kind", "le", "method", "mode", "model", "outcome",
        "period", "result", "route", "scope", "state", "status", "step", "verdict",
    }  # fmt: skip
    assert all(metric.documentation.endswith(".") for metric in ours.values())


def test_a_task_carries_the_id_of_the_request_that_sent_it():
    from app.celery import celery_app

    queue = "telemetry-test"
    with structlog.contextvars.bound_contextvars(request_id="trace-1234"):
        celery_app.send_task("app.answers.tasks.end_lost_answers", queue=queue)
    with celery_app.connection() as connection, connection.SimpleQueue(queue) as waiting:
        message = waiting.get(timeout=5)
        message.ack()
    assert message.headers["request_id"] == "trace-1234"


def test_a_task_logs_under_that_id_and_forgets_it_after(log_lines):
    from app.celery import bind_request_id, clear_request_id

    class Task:
        name = "a.task"

        class request:  # noqa: N801 - as Celery names it
            request_id = "trace-1234"

    bind_request_id(task=Task, task_id="one")
    structlog.get_logger("test").info("worked")
    clear_request_id()
    structlog.get_logger("test").info("idle")
    worked, idle = (line for line in log_lines() if line["logger"] == "test")
    assert (worked["request_id"], worked["task"]) == ("trace-1234", "a.task")
    assert "request_id" not in idle


def test_other_libraries_lines_are_json_with_the_place_of_an_error(log_lines):
    try:
        raise ValueError("broken")
    except ValueError:
        logging.getLogger("some.library").exception("it %s", "failed")
    line = log_lines()[-1]
    assert (line["event"], line["level"], line["logger"]) == ("it failed", "error", "some.library")
    assert line["exception"].startswith("builtins.ValueError\n")
    assert "test_requests.py" in line["exception"]
    assert line["timestamp"].endswith("Z")


def test_nothing_is_reported_anywhere_unless_it_is_configured():
    import sentry_sdk

    assert settings.SENTRY_DSN == ""
    assert not sentry_sdk.is_initialized()
