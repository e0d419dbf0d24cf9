"""Fixtures of the API's tests. What needs Django is imported late: this file is read before Django is set up."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

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

    transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client
