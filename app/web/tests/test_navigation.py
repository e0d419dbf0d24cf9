"""The header offers what a person may open, and nothing else."""

from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from app.accounts.models import Role, User
from app.accounts.permissions import Permission
from app.tests.world import World
from app.web.navigation import PAGES, admin_links
from app.web.tests.conftest import Visitors


@pytest.mark.parametrize("role", Role.values)
def test_every_link_that_is_offered_opens(visitors: Visitors, world: World, role: str) -> None:
    User.objects.filter(pk=world.ada.pk).update(roles=[role])
    world.ada.refresh_from_db()
    client = visitors.ada
    for link in admin_links(world.ada, "ask"):
        assert client.get(link.url).status_code == 200, link.url


def test_an_admin_is_offered_every_page_there_is(world: World) -> None:
    assert [link.url for link in admin_links(world.ada, "")] == [reverse(name) for name, *_ in PAGES]


def test_who_has_no_role_is_offered_none(visitors: Visitors, world: World) -> None:
    assert admin_links(world.alice, "ask") == []
    assert "Admin</summary>" not in visitors.alice.get("/").text
    assert "Admin</summary>" in visitors.ada.get("/").text


def test_the_page_that_is_open_is_marked(world: World) -> None:
    assert [link.label for link in admin_links(world.ada, "source_runs") if link.is_here] == ["Sources"]


def test_each_permission_of_the_table_opens_something() -> None:
    """Else the page of roles would promise what is nowhere."""
    code = "".join(
        path.read_text(encoding="utf-8") for path in Path(settings.BASE_DIR, "app").rglob("*.py")
        if "tests" not in path.parts and path.name not in ("permissions.py", "navigation.py")
    )  # fmt: skip
    assert [each.name for each in Permission if f"Permission.{each.name}" not in code] == []
