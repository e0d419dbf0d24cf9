"""Fields that nobody asked for change nobody's rights: each form and each body is sent them, by everybody.

Also what a key is worth when its account is closed.
"""

from typing import Any

import pytest
from django import forms
from django.test import Client

from app.accounts.models import ApiKey, User
from app.accounts.scopes import Scope
from app.answers.models import Conversation
from app.api.urls import description
from app.audit import events
from app.audit.models import AuditEvent
from app.corpus.models import Document, Source
from app.signon.models import SignOnProvider
from app.tests.access.matrix import NOT_TRIED, Row, every_route, groups, rows
from app.tests.access.test_matrix import undone
from app.tests.access.visiting import visit
from app.tests.access.visitors import Crowd, Visitor, bearer
from app.tests.world import World, make_world

RIGHTS = {
    "roles", "is_superuser", "is_staff", "is_active", "user_permissions", "permissions", "user", "user_id", "owner",
    "owner_id", "actor", "asked_by", "kind", "groups", "group_ids", "everyone", "admins", "access_set", "scopes",
}  # fmt: skip
# A document's owner is an address to ask, a provider's scopes are what it is asked for: neither opens anything.
HARMLESS = {Document: {"owner"}, SignOnProvider: {"scopes"}}
# Who asks with fields that would make them an admin, open a source, or make a thing somebody else's.
ATTACKERS = ("outsider", "owner", "source admin", "auditor")


def too_much(crowd: Crowd, who: str) -> dict[str, Any]:
    me, team = crowd.users[who].pk, crowd.world.team.pk
    wanted: dict[str, Any] = dict.fromkeys(RIGHTS, me)
    wanted |= {"roles": "admin", "kind": "person", "groups": team, "group_ids": team, "scopes": "manage_sources"}
    wanted |= {"permissions": "manage_people", "user_permissions": "1", "access_set": "1"}
    return wanted | dict.fromkeys(("is_superuser", "is_staff", "is_active", "everyone"), "on")


def rights() -> dict[str, list[Any]]:
    """Everything that decides who may do or read what."""
    source = ("pk", "access_set_id", "access_set__everyone", "access_set__group_ids", "access_set__user_ids", "admins")
    return {
        "people": sorted(
            User.objects.values_list("pk", "roles", "is_superuser", "is_active", "kind", "groups", "email")
        ),
        "sources": sorted(Source.objects.values_list(*source)),
        "conversations": sorted(Conversation.objects.values_list("pk", "user_id")),
        "keys of others": sorted(ApiKey.objects.values_list("user_id", "scopes")),
    }


@pytest.mark.parametrize("group", groups("Pages"))
def test_no_form_takes_rights_that_it_does_not_offer(group: str, db: None) -> None:
    crowd = Crowd.gather()
    things, visitors, before = crowd.things(), crowd.browsers(), rights()
    for row in [row for row in rows("Pages", group) if row.method == "POST" and row.address not in ENDS]:
        for who in [who for who in ATTACKERS if row.expected[who] != NOT_TRIED]:
            with undone():
                visit(visitors[who], widened(row, too_much(crowd, who)), things)
                assert less_keys(rights(), before, crowd.users[who]) == before, f"{who} gains by {row}"


# Acts whose purpose is to change what is compared, on one's own things.
ENDS = {"/conversations/{conversation}/delete/", "/sources/{team_source}/folders/"}


def widened(row: Row, more: dict[str, Any]) -> Row:
    pairs = [f"{name}={value}" for name, value in more.items() if f"{name}=" not in row.sends]
    return Row(row.part, row.group, row.method, row.address, "&".join([row.sends, *pairs]).strip("&"), row.expected)


def less_keys(now: dict[str, list[Any]], before: dict[str, list[Any]], user: User) -> dict[str, list[Any]]:
    """Without new keys of one's own that may do what everybody's keys may."""
    new = [key for key in now["keys of others"] if key not in before["keys of others"]]
    assert all(owner == user.pk and Scope.MANAGE_SOURCES not in scopes for owner, scopes in new)
    return now | {"keys of others": before["keys of others"]}


def test_no_model_form_writes_rights() -> None:
    assert every_route()  # by which all forms are loaded
    ours = [form for form in _below(forms.ModelForm) if form.__module__.startswith(("app.", "ingestion."))]
    for form in ours:
        assert form._meta.fields not in (None, "__all__"), form
        assert RIGHTS & set(form._meta.fields) <= HARMLESS.get(form._meta.model, set()), form


def _below(kind: Any) -> list[Any]:
    return [each for child in kind.__subclasses__() for each in [child, *_below(child)]]


def test_every_body_of_the_api_refuses_what_it_does_not_know() -> None:
    described: Any = description()
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            for kind, body in operation.get("requestBody", {}).get("content", {}).items():
                if kind == "application/json":
                    objects = objects_in(body["schema"], described)
                    assert all(each.get("additionalProperties") is False for each in objects), (method, path)


def objects_in(node: Any, described: Any) -> list[Any]:
    if isinstance(node, list):
        return [found for each in node for found in objects_in(each, described)]
    if not isinstance(node, dict):
        return []
    if "$ref" in node:
        return objects_in(described["components"]["schemas"][node["$ref"].rpartition("/")[2]], described)
    own = [node] if node.get("type") == "object" else []
    return own + [found for each in node.values() for found in objects_in(each, described)]


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


@pytest.mark.parametrize("extra", sorted(RIGHTS))
def test_the_api_refuses_each_such_field(world: World, extra: str) -> None:
    bodies = {"search": {"query": "x"}, "answers": {"question": "x"}, f"sources/{world.team_source.pk}/sync": {}}
    for path, body in bodies.items():
        key = {"Authorization": f"Bearer {world.keys['ada']}"}
        response = Client().post(f"/api/v1/{path}", {**body, extra: 1}, "application/json", headers=key)
        assert response.status_code == 422, (path, response.text)


def test_the_key_and_the_session_of_a_closed_account_open_nothing(world: World) -> None:
    """Even where closing did not revoke the key, as when a row is changed by hand; and the try is audited."""
    client = Client()
    client.force_login(world.alice)
    assert client.get("/").status_code == 200
    User.objects.filter(pk=world.alice.pk).update(is_active=False)
    assert client.get("/").status_code == 302
    program: Visitor = bearer("alice", world.keys["alice"])
    for path in ("sources", "documents", f"answers/{world.answer.pk}", f"documents/{world.document.pk}"):
        assert Client().get(f"/api/v1/{path}", headers=program.headers).status_code == 401
    refused = AuditEvent.objects.filter(action=events.API_KEY_REFUSED, target=f"api_key:{world.key.pk}")
    assert refused.get().details["why"] == "account closed"
