"""An identity provider's client with a live token."""

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from app.accounts.models import User

MEDIA_TYPE = "application/scim+json"


class Provider:
    """Sends what a provider sends; `token` may be put in place of its own."""

    def __init__(self, token: str) -> None:
        from django.test import Client

        self.client, self.token = Client(), token

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        data = json.dumps(body) if body is not None and not isinstance(body, str) else body or ""
        every = {"authorization": f"Bearer {self.token}"} | headers
        return self.client.generic(method, f"/scim/v2/{path}", data, content_type=MEDIA_TYPE, headers=every)

    def get(self, path: str, **headers: str) -> Any:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any) -> Any:
        return self.ask("POST", path, body)

    def put(self, path: str, body: Any, **headers: str) -> Any:
        return self.ask("PUT", path, body, **headers)

    def patch(self, path: str, *operations: dict[str, Any], **headers: str) -> Any:
        body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": list(operations)}
        return self.ask("PATCH", path, body, **headers)

    def delete(self, path: str) -> Any:
        return self.ask("DELETE", path)


@pytest.fixture
def maker(db: None) -> "User":
    from app.accounts.models import Role, User

    return User.objects.create_user("ada@example.com", "a long enough password", name="Ada", roles=[Role.ADMIN])


@pytest.fixture
def provider(maker: "User") -> Provider:
    from django.core.cache import cache

    from app.scim.tokens import make_token

    cache.clear()
    return Provider(make_token(maker, "A provider", days=30)[1])
