"""Liveness asks nothing; readiness names each dependency, is never slow, and tells no host or secret."""

import threading
import time

import pytest
from django.db import OperationalError
from django.test import AsyncClient

from app.ops import health
from app.ops.health import Check

pytestmark = pytest.mark.django_db(transaction=True)


def checks(monkeypatch, **looks):
    """Replace how the named dependencies are looked at."""
    replaced = [
        Check(check.name, looks.get(check.name, check.look), check.needed, check.without_it) for check in health.CHECKS
    ]
    monkeypatch.setattr(health, "CHECKS", tuple(replaced))


def says(state):
    return lambda: state


def fails():
    raise OperationalError("connection to 10.1.2.3 failed: password=hunter2")


ALL_WELL = {check.name: says("ok") for check in health.CHECKS}


async def test_alive_without_any_dependency(monkeypatch):
    checks(monkeypatch, **dict.fromkeys(ALL_WELL, fails))
    response = await AsyncClient().get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_ready_with_the_real_database_valkey_and_encoder(monkeypatch):
    checks(monkeypatch, worker=says("ok"))
    await AsyncClient().get("/readyz")
    deadline = time.monotonic() + 60
    while (response := await AsyncClient().get("/readyz")).status_code != 200 and time.monotonic() < deadline:
        pass
    body = response.json()
    states = {name: check["state"] for name, check in body["checks"].items()}
    assert states == {
        "database": "ok",
        "migrations": "ok",
        "encoder": "ok",
        "valkey": "ok",
        "worker": "ok",
        "reranker": "not configured",
        "language_model": "not configured",
    }
    assert body["status"] == "ready"
    assert all(check["without_it"] for check in body["checks"].values())


async def test_no_worker_is_seen(monkeypatch):
    checks(monkeypatch, **{**ALL_WELL, "worker": health.dependencies.worker})
    body = (await AsyncClient().get("/readyz")).json()
    assert (body["status"], body["checks"]["worker"]["state"]) == ("degraded", "down")


@pytest.mark.parametrize(("name", "status"), [("database", 503), ("encoder", 503), ("valkey", 200), ("worker", 200)])
async def test_only_what_is_needed_makes_it_unavailable(monkeypatch, name, status):
    checks(monkeypatch, **{**ALL_WELL, name: fails})
    response = await AsyncClient().get("/readyz")
    assert response.status_code == status
    assert response.json()["checks"][name]["state"] == "down"
    assert response.json()["status"] == ("unavailable" if status == 503 else "degraded")
    assert "10.1.2.3" not in response.content.decode()
    assert "hunter2" not in response.content.decode()


@pytest.mark.timed
async def test_a_stuck_dependency_neither_holds_the_answer_nor_piles_up(monkeypatch):
    stuck, looks = threading.Event(), []

    def hang():
        looks.append(1)
        stuck.wait(20)
        return "ok"

    monkeypatch.setattr(health, "PATIENCE_S", 0.2)
    checks(monkeypatch, **{**ALL_WELL, "database": hang})
    try:
        for _ in range(3):
            began = time.monotonic()
            response = await AsyncClient().get("/readyz")
            assert time.monotonic() - began < 5
            assert response.json()["checks"]["database"]["state"] == "slow"
        assert len(looks) == 1
    finally:
        stuck.set()


@pytest.mark.parametrize(("opened", "state"), [(0, "configured"), (1, "partly left alone"), (2, "left alone")])
async def test_models_that_are_left_alone_are_told_and_nothing_is_unavailable(monkeypatch, settings, opened, state):
    from app.providers import registry
    from app.providers.chat_models import all_models, breaker_of
    from app.providers.errors import Unavailable
    from app.providers.named_models import Models, NamedModel

    registry.forget()
    names = ("first", "second")
    settings.ATTEST_MODELS = Models({name: NamedModel(name, "http://10.9.8.7/v1", name) for name in names})
    for named in all_models()[:opened]:
        for _ in range(5):
            breaker_of(named).failed(breaker_of(named).entered(), 1.0, Unavailable("down"))
    checks(monkeypatch, **{**ALL_WELL, "language_model": health.dependencies.language_model})
    response = await AsyncClient().get("/readyz")
    assert response.status_code == 200
    assert response.json()["checks"]["language_model"]["state"] == state
    assert response.json()["status"] == ("degraded" if opened else "ready")
    assert "10.9.8.7" not in response.content.decode()
    registry.forget()
