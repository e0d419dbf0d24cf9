"""Fixtures of the API's tests. Django is imported late: it is set up after this file is read."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest

if TYPE_CHECKING:
    from app.api.tests.company import Company


@pytest.fixture
def company(transactional_db: None) -> "Company":
    from app.api.tests.company import found_company

    return found_company()


@pytest.fixture
async def api() -> AsyncIterator[httpx.AsyncClient]:
    """Speaks to the real ASGI application."""
    from app.asgi import application

    transport = httpx.ASGITransport(app=cast(Any, application), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


@pytest.fixture(autouse=True)
async def own_connections_closed() -> AsyncIterator[None]:
    """What a test asks of the database by itself runs in a thread that would keep its connection."""
    from asgiref.sync import sync_to_async
    from django.db import connections

    yield
    await sync_to_async(connections.close_all)()
