"""Fixtures of the telemetry tests. Django is imported late: it is set up after this file is read."""

from collections.abc import AsyncIterator

import pytest


@pytest.fixture(autouse=True)
async def own_connections_closed() -> AsyncIterator[None]:
    """What a test asks of the database by itself runs in a thread that would keep its connection."""
    from asgiref.sync import sync_to_async
    from django.db import connections

    yield
    await sync_to_async(connections.close_all)()
