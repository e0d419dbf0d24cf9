"""Whether this process can do its work: each thing it depends on, and what stops working without it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import structlog
from django.db import connections

from app.ops import dependencies

log = structlog.get_logger(__name__)
PATIENCE_S = 2.0
# Threads of their own: when the application's are all busy or stuck, that is to be found out, not shared.
EXECUTOR = ThreadPoolExecutor(max_workers=8, thread_name_prefix="attest-health")


class State(StrEnum):
    OK = "ok"
    DOWN = "down"
    SLOW = "slow"
    LEFT_ALONE = "left alone"
    PARTLY_LEFT_ALONE = "partly left alone"


TROUBLED = frozenset({State.DOWN, State.SLOW, State.LEFT_ALONE, State.PARTLY_LEFT_ALONE})


@dataclass(slots=True)
class Check:
    """One dependency. `needed` says that without it this process should get no requests."""

    name: str
    look: Callable[[], str]
    needed: bool
    without_it: str
    _looking: "Future[str] | None" = field(default=None, repr=False)

    async def result(self) -> dict[str, Any]:
        state = await self.state()
        return {"state": state, "needed": self.needed, "without_it": self.without_it}

    async def state(self) -> str:
        """What `look` says, DOWN when it fails, and SLOW when it has not answered in time."""
        looking = self._begin()
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(looking)), PATIENCE_S)
        except TimeoutError:
            return State.SLOW
        except Exception as error:  # noqa: BLE001 - whatever it is, the dependency cannot be used
            log.warning("dependency_down", dependency=self.name, error=type(error).__name__)
            return State.DOWN

    def _begin(self) -> "Future[str]":
        """Start to look, or join the look that is still going on: probes never pile up behind a stuck one."""
        if self._looking is None or self._looking.done():
            self._looking = EXECUTOR.submit(_with_connections_returned, self.look)
        return self._looking


def _with_connections_returned(look: Callable[[], str]) -> str:
    try:
        return look()
    finally:
        connections.close_all()


CHECKS = (
    Check("database", dependencies.database, True, "Nothing works."),
    Check(
        "migrations",
        dependencies.migrations,
        True,
        "Pages and answers may fail until `manage.py migrate` has run.",
    ),
    Check(
        "encoder",
        dependencies.encoder,
        True,
        "Ingestion, and search by meaning; what is asked is searched for by its words alone.",
    ),
    Check("valkey", dependencies.valkey, False, "New sign-ins; new documents wait until it is back."),
    Check("worker", dependencies.worker, False, "New and changed documents wait; answers go on."),
    Check("reranker", dependencies.reranker, False, "Results stand in the order of the search itself."),
    Check(
        "language_model",
        dependencies.language_model,
        False,
        "Answers are quoted from documents instead of written.",
    ),
)


async def readiness() -> dict[str, Any]:
    """`status` is ready, degraded (something not needed is missing) or unavailable; `checks` says which."""
    results = await asyncio.gather(*(check.result() for check in CHECKS))
    checks = dict(zip((check.name for check in CHECKS), results, strict=True))
    missing = [result for result in results if result["state"] in TROUBLED]
    # What is left alone has a stand-in: the process can still do its work.
    stopped = [result for result in missing if result["state"] in (State.DOWN, State.SLOW)]
    status = "unavailable" if any(result["needed"] for result in stopped) else "degraded" if missing else "ready"
    return {"status": status, "checks": checks}
