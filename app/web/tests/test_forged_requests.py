"""Requests that another site makes in somebody's name: forged forms, redirections to elsewhere, made-up hosts."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.answers.models import Conversation, Question
from app.audit.models import AuditEvent
from app.corpus.models import Document, Source
from app.tests.access.matrix import rows, sample_of
from app.tests.sessions import as_if_just_signed_in
from app.tests.world import PASSWORD, World, make_world

pytestmark = pytest.mark.django_db
UNSAFE = ("post", "put", "patch", "delete")
# Doors among the pages that no cookie opens: a signature does.
WITHOUT_COOKIE = re.compile(r"/(back-channel-logout|assertion)/$")
COUNTED = (User, Group, Conversation, Question, Document, Source)
ELSEWHERE = (
    "https://evil.example/", "//evil.example/", "///evil.example", "http:evil.example", "/\\evil.example",
    "\\\\evil.example", "javascript:alert(1)", "https:/evil.example", "https://testserver@evil.example/",
    "https://testserver.evil.example/", " //evil.example", "/%09/evil.example", "\t//evil.example",
    "data:text/html,x", "https://evil.example\\@testserver/",
)  # fmt: skip


@pytest.fixture
def world() -> World:
    """Nobody has tried to sign in lately: the limits on that would answer in the place of what is tried here."""
    cache.clear()
    return make_world()


def admin(world: World, **options: Any) -> Client:
    client = Client(raise_request_exception=False, **options)
    client.force_login(world.ada)
    return as_if_just_signed_in(client)


def paths() -> list[str]:
    """A sample address of every route that takes cookies: the matrix has a line about each."""
    found = {sample_of(row) for row in rows("Pages")}
    return sorted(path for path in found if not WITHOUT_COOKIE.search(path))


def counts() -> list[int]:
    return [model._default_manager.count() for model in COUNTED]


def test_no_unsafe_request_goes_through_without_the_token(world: World) -> None:
    client = admin(world, enforce_csrf_checks=True)
    before, entries = counts(), AuditEvent.objects.count()
    for path in paths():
        for method in UNSAFE:
            status = getattr(client, method)(path, {"name": "x"}).status_code
            assert status == 403, (path, method, status)
    assert counts() == before
    assert AuditEvent.objects.count() == entries


def test_with_the_token_of_somebody_else_neither(world: World) -> None:
    client = admin(world, enforce_csrf_checks=True)
    other = Client()
    other.get("/accounts/login/")
    forged = {"csrfmiddlewaretoken": other.cookies["csrftoken"].value, "name": "x"}
    assert client.post(reverse("groups"), forged).status_code == 403
    assert client.post(reverse("my_data"), forged, headers={"origin": "https://evil.example"}).status_code == 403


def test_doors_without_the_token_take_no_cookie(world: World) -> None:
    """What is exempt looks at keys and tokens alone, so a browser's session opens nothing there."""
    client = admin(world, enforce_csrf_checks=True)
    assert client.post("/api/v1/answers", {"question": "x"}, content_type="application/json").status_code == 401
    assert client.post("/api/v1/search", {"query": "x"}, content_type="application/json").status_code == 401
    assert client.post("/scim/v2/Users", {}, content_type="application/scim+json").status_code == 401


def leads_away(response: Any) -> bool:
    return response.status_code in (301, 302, 303, 307) and not re.match(
        r"^/(?![/\\])", response.headers["Location"].strip()
    )


@pytest.mark.parametrize("to", ELSEWHERE)
def test_nothing_leads_to_another_site(world: World, to: str) -> None:
    sign_in = {"login": world.alice.email, "password": PASSWORD, "next": to}
    response = Client().post("/accounts/login/", sign_in)
    assert response.status_code == 302
    assert not leads_away(response)
    assert not leads_away(Client().post(f"{reverse('account_login')}?next={to}", sign_in))
    client = admin(world)
    for name in ("account_login", "account_confirm", "account_reauthenticate", "mfa_reauthenticate", "account_logout"):
        for method in ("get", "post"):
            data = {"next": to, "password": PASSWORD, "code": "000000"}
            assert not leads_away(getattr(client, method)(reverse(name), data)), (name, method)
            client = admin(world)


def test_a_way_back_that_is_ours_is_kept(world: World) -> None:
    sign_in = {"login": world.alice.email, "password": PASSWORD, "next": "/library/"}
    assert Client().post("/accounts/login/", sign_in).headers["Location"] == "/library/"


def test_the_way_back_after_confirming_is_never_another_site(world: World) -> None:
    client = Client(headers={"referer": "https://evil.example/people/"})
    client.force_login(world.ada)
    as_if_just_signed_in(client, seconds_ago=10**6)
    response = client.post(reverse("person_data", args=[world.bob.pk]))
    assert "evil" not in response.headers["Location"]


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "testserver@evil.example", "testserver:x"])
def test_a_made_up_host_is_refused(world: World, host: str) -> None:
    client = Client(headers={"host": host}, raise_request_exception=False)
    for path in ("/accounts/login/", "/", "/api/v1/documents", "/no-such-page"):
        response = client.get(path)
        assert response.status_code == 400, path
        assert "evil" not in response.content.decode()


def test_hosts_that_a_proxy_is_told_are_not_believed(world: World) -> None:
    response = Client(headers={"x-forwarded-host": "evil.example"}).get("/", follow=True)
    assert "evil.example" not in response.content.decode()
    assert "evil.example" not in str(response.redirect_chain)
