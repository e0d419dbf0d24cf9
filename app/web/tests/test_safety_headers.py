"""Every page, of every kind of visitor, and every file and error carries the headers that keep browsers careful."""

import re
import time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.session_limits import BEGUN, USED
from app.audit.models import AuditEvent
from app.corpus.models import DocumentVersion
from app.tests.access.matrix import rows
from app.tests.access.visiting import text_of, visit
from app.tests.access.visitors import Crowd
from app.tests.sessions import as_if_just_signed_in
from app.tests.world import PASSWORD, World, stored_document

pytestmark = pytest.mark.django_db
PAGES = [row for row in rows("Pages") if row.method == "GET" and row.address != "/readyz"]
VISITORS = ("anonymous", "outsider", "colleague", "owner", "admin")
POLICY = (
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'", "form-action 'self'",
    "frame-ancestors 'none'",
)  # fmt: skip
INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>", re.IGNORECASE)
INLINE_STYLE = re.compile(r"<style|\sstyle=|\son[a-z]+=\"", re.IGNORECASE)
HOSTILE = {
    "page.html": b"<html><script>alert(1)</script></html>",
    "picture.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "data.xml": b'<?xml-stylesheet href="x.xsl"?><a xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></a>',
    "paper.pdf": b"%PDF-1.4 /JavaScript (app.alert(1))",
}


def client_of(who: str, world: World) -> Client:
    client = Client(raise_request_exception=False)
    if who != "anonymous":
        client.force_login(world.person(who))
        as_if_just_signed_in(client)
    return client


def check(response: Any, about: object) -> None:
    headers = response.headers
    assert headers["X-Content-Type-Options"] == "nosniff", about
    assert headers["X-Frame-Options"] == "DENY", about
    assert headers["Referrer-Policy"] == "same-origin", about
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin", about
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin", about
    assert "camera=()" in headers["Permissions-Policy"], about
    policy = headers["Content-Security-Policy"]
    assert not any(word in policy for word in ("unsafe", "nonce", "*")), about
    if "sandbox" not in policy:
        assert all(part in policy for part in POLICY), (about, policy)
    assert "no-store" in headers["Cache-Control"], about


def test_every_page_of_every_visitor_carries_them() -> None:
    crowd = Crowd.gather()
    things, browsers = crowd.things(), crowd.browsers()
    for row in PAGES:
        for name in VISITORS:
            response = visit(browsers[name], row, things)
            check(response, row)
            if response.headers["Content-Type"].startswith("text/html"):
                text = text_of(response)
                assert INLINE_SCRIPT.findall(text) == [], row
                assert INLINE_STYLE.findall(text) == [], row


def test_errors_and_the_api_carry_them(world: World) -> None:
    client = client_of("alice", world)
    key = {"Authorization": f"Bearer {world.keys['alice']}"}
    for response in (
        client.get("/no-such-page"), client.get("/api/v1/no-such-thing"), client.get("/api/v1/documents", headers=key),
        client.get("/api/v1/documents"), client.get("/scim/v2/Users"), client.post("/accounts/login/"),
        Client(enforce_csrf_checks=True).post("/accounts/login/"), client.get("/", headers={"host": "evil.example"}),
    ):  # fmt: skip
        check(response, (response.status_code, response.request["PATH_INFO"]))


def test_files_of_the_product_itself_may_be_kept_and_are_guarded_too(world: World) -> None:
    response = Client().get("/static/css/base.css")
    assert response.status_code == 200
    assert "no-store" not in response.headers["Cache-Control"]
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", HOSTILE)
def test_no_original_can_be_opened_in_this_sites_name(world: World, name: str) -> None:
    document = stored_document(world.handbook_source, f"folder/{name}", [("paragraph", HOSTILE[name].decode())])
    DocumentVersion.objects.filter(document=document).update(mime_type="text/html")
    response = client_of("bob", world).get(reverse("document_original", args=[document.pk]))
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response.headers["Cache-Control"]
    assert response.getvalue() == HOSTILE[name]


@pytest.mark.parametrize("name", HOSTILE)
def test_the_text_of_a_document_is_text(world: World, name: str) -> None:
    document = stored_document(world.handbook_source, name, [("paragraph", HOSTILE[name].decode())])
    page = client_of("bob", world).get(reverse("document", args=[document.pk])).content.decode()
    assert "<script>alert" not in page
    assert "<svg xmlns=" not in page


def test_names_that_would_be_something_else_are_shown_as_text_and_downloaded_plain(world: World) -> None:
    name = 'x"><img src=x onerror=alert(1)>\r\nX-Evil: 1\u202efdp.exe'
    document = stored_document(world.handbook_source, name, [("paragraph", "Harmless.")])
    client = client_of("bob", world)
    assert "<img src=x" not in client.get(reverse("document", args=[document.pk])).content.decode()
    assert "<img src=x" not in client.get(reverse("library")).content.decode()
    response = client.get(reverse("document_original", args=[document.pk]))
    assert "X-Evil" not in response.headers
    header = response.headers["Content-Disposition"]
    assert not any(each in header for each in ("\n", "%E2%80%AE", "\u202e"))
    assert response.getvalue()


# -- sessions ---------------------------------------------------------------------------------------


def test_the_key_of_a_session_changes_at_sign_in_and_the_old_one_opens_nothing(world: World) -> None:
    client = Client()
    client.get("/accounts/login/")
    session = client.session
    session["planted"] = True
    session.save()
    planted = str(session.session_key)
    client.cookies["sessionid"] = planted
    response = client.post("/accounts/login/", {"login": world.alice.email, "password": PASSWORD})
    assert response.status_code == 302
    assert client.cookies["sessionid"].value != planted
    thief = Client()
    thief.cookies["sessionid"] = planted
    assert thief.get("/").status_code == 302


def aged(world: World, **seconds: float) -> Client:
    client = client_of("alice", world)
    session = client.session
    for name, ago in seconds.items():
        session[name] = time.time() - ago
    session.save()
    return client


@pytest.mark.parametrize(
    ("ages", "is_open"),
    [
        ({BEGUN: 3600 * 10 - 60, USED: 60}, True),
        ({BEGUN: 3600 * 10 + 1, USED: 1}, False),
        ({BEGUN: 3600, USED: 60 * 30 - 60}, True),
        ({BEGUN: 3600, USED: 60 * 30 + 1}, False),
    ],
)
def test_a_session_ends_by_age_and_by_idleness(world: World, settings, ages: dict[str, float], is_open: bool) -> None:
    settings.ATTEST_SESSION_HOURS, settings.ATTEST_SESSION_IDLE_MINUTES = 10, 30
    client = aged(world, **ages)
    key = str(client.session.session_key)
    assert client.get("/library/").status_code == (200 if is_open else 302)
    assert client.session.exists(key) == is_open
    assert AuditEvent.objects.filter(action="signed_out", target=f"user:{world.alice.pk}").exists() != is_open


def test_only_what_a_person_does_keeps_a_session_open(world: World, settings) -> None:
    settings.ATTEST_SESSION_IDLE_MINUTES = 30
    client = aged(world, **{BEGUN: 3600, USED: 60 * 20})
    before = client.session[USED]
    client.get("/library/", headers={"HX-Request": "true"})
    assert client.session[USED] == before
    client.get("/library/")
    assert client.session[USED] > before


def test_without_a_limit_on_idleness_only_the_age_counts(world: World, settings) -> None:
    settings.ATTEST_SESSION_HOURS, settings.ATTEST_SESSION_IDLE_MINUTES = 10, 0
    assert aged(world, **{BEGUN: 3600 * 9, USED: 3600 * 9}).get("/library/").status_code == 200


def test_visits_cover_pages_of_the_account_too() -> None:
    pages = {reverse(name) for name in ("account_login", "mfa_index", "usersessions_list", "my_data")}
    assert pages <= {row.address for row in PAGES}
