"""Blocking work in a thread: its result, its error, its context and its database connection come back."""

import asyncio
import threading
from typing import Any

import pytest
import structlog
from django.db import connection, connections

from app.telemetry.threads import in_thread


async def test_results_and_errors_come_back_from_another_thread():
    assert await in_thread(pow, 2, 10) == 1024
    assert await in_thread(threading.get_ident) != threading.get_ident()
    with pytest.raises(ZeroDivisionError):
        await in_thread(divmod, 1, 0)


async def test_the_request_id_goes_along():
    with structlog.contextvars.bound_contextvars(request_id="trace-1234"):
        assert (await in_thread(structlog.contextvars.get_contextvars))["request_id"] == "trace-1234"


@pytest.mark.django_db(transaction=True)
async def test_connections_are_given_back_also_after_an_error():
    def ask(number: int) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s / %s", [number, number])
            return int(cursor.fetchone()[0])

    database: Any = connections["default"]

    def held() -> int:
        stats = database.pool.get_stats()
        return int(stats["pool_size"] - stats["pool_available"])

    before = held()
    answers = await asyncio.gather(*(in_thread(ask, number) for number in range(40)), return_exceptions=True)
    assert isinstance(answers[0], Exception)
    assert answers[1:] == [1] * 39
    # The pool looks over what it gets back in threads of its own.
    for _ in range(50):
        if held() <= before:
            break
        await asyncio.sleep(0.1)
    assert held() <= before
