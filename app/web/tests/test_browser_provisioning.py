"""What an identity provider takes away by SCIM is gone at the next click of whoever is signed in."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.contrib.auth.models import Group

from app.scim.tests.conftest import MEDIA_TYPE, Provider
from app.scim.tokens import make_token
from app.tests.world import World
from app.web.tests.test_browser import page, pytestmark, sign_in, world
from ingestion.sources import change_source

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["page", "pytestmark", "world"]
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


@pytest.fixture
def guides(world: World) -> tuple[Provider, dict[str, Any]]:  # noqa: F811
    """A provider whose group Guides, with Charlie in it, may read the team's files. Made before the browser is."""
    provider = Provider(make_token(world.ada, "A provider", days=1)[1])
    member = {"value": f"user-{world.charlie.pk}"}
    group = provider.post("Groups", {"schemas": [GROUP], "displayName": "Guides", "members": [member]}).json()
    readers = [*world.team_source.access_set.group_ids, Group.objects.get(name="Guides").pk]
    change_source(world.team_source, actor=None, group_ids=readers)
    return provider, group


def patched(page: "Page", provider: Provider, path: str, operation: dict[str, Any]) -> int:  # noqa: F811
    """As the provider sends it, over HTTP; its status."""
    here = urlsplit(page.url)
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]}
    headers = {"Authorization": f"Bearer {provider.token}", "Content-Type": MEDIA_TYPE}
    address = f"{here.scheme}://{here.netloc}/scim/v2/{path}"
    return httpx.patch(address, json=body, headers=headers, timeout=30).status_code


def test_a_group_and_an_account_end_at_the_next_click(
    guides: tuple[Provider, dict[str, Any]],
    world: World,  # noqa: F811
    page: "Page",  # noqa: F811
) -> None:
    provider, group = guides
    charlie, document = f"user-{world.charlie.pk}", f"/documents/{world.document.pk}/"
    sign_in(page, "charlie")
    opened = page.goto(document)
    assert opened is not None
    assert opened.status == 200

    left = {"op": "remove", "path": f'members[value eq "{charlie}"]'}
    assert patched(page, provider, f"Groups/{group['id']}", left) in (200, 204)
    again = page.reload()
    assert again is not None
    assert again.status == 404

    closed = {"op": "replace", "path": "active", "value": False}
    assert patched(page, provider, f"Users/{charlie}", closed) in (200, 204)
    page.goto("/")
    page.get_by_label("Password").wait_for()
