"""Whatever somebody writes into an address or a form, the answer is a page or a refusal, never a failure of ours.

Every page of the matrix is asked with parameters, and sent fields, that make no sense: characters that the database
cannot keep, numbers that are none or too long to be read, texts that are far too long, patterns, broken encodings.
"""

import re
from http.cookies import SimpleCookie
from urllib.parse import quote, urlencode

import pytest
from django.http.response import HttpResponseBase
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse

from app.tests.access.matrix import Row, rows
from app.tests.access.test_matrix import Scene, undone
from app.tests.access.visiting import addresses, client, visit
from app.tests.access.visitors import NOBODY, Visitor

# Parameters that some page reads. One that no page reads any more does no harm here.
PARAMETERS = (
    "a", "about", "address", "after", "b", "before", "days", "document", "end", "expected", "first", "from", "group",
    "in", "kind", "last", "mode", "model", "new", "next", "old", "outcome", "page", "prompt", "q", "question", "reason",
    "request", "result", "show", "sort", "source", "stale", "start", "state", "tag", "to", "version", "what", "who",
)  # fmt: skip
FIELDS = (
    "act", "amount", "changed_since", "chosen", "circuit", "claims", "code", "comment", "conversation", "credential",
    "days", "decision", "document", "email", "expression", "finding", "folders", "fresh", "group", "groups", "history",
    "hours", "input_usd", "is_usual_now", "kind", "level", "list", "login", "model", "name", "networks", "note",
    "oldpassword", "output_usd", "owner", "password", "path", "period", "question", "reason", "roles", "rubric",
    "scope", "scopes", "source", "sources", "subject", "text", "title", "value", "which", "why", "without_run",
)  # fmt: skip
ODD = {
    "a zero byte": "a\x00b", "digits that are no number": "²",
    "a number too long": "9" * 19, "a number too long to be read": "9" * 5000, "below zero": "-1",
    "a long text": "x" * 60_000, "a pattern": "(a+)+$%_\\[",
    "half a character": "\udc80", "brackets without end": "[" * 50_000,
}  # fmt: skip
PLACE = "the odd value stands here"


def pages(method: str) -> list[Row]:
    """One row for each address that takes the method."""
    found = {row.address: row for row in rows("Pages") if row.method == method and row.address != "/readyz"}
    return list(found.values())


def visitor_of(scene: Scene, row: Row) -> Visitor:
    """Whoever gets furthest there: the admin, or who owns what it is about."""
    gets = row.expected
    return scene.visitors["owner" if gets["owner"] in ("200", "302") and gets["admin"] == "404" else "admin"]


def failed(response: HttpResponseBase) -> bool:
    return response.status_code >= 500


@pytest.mark.parametrize("odd", ODD)
def test_no_parameter_of_a_page_makes_it_fail(odd: str, db: None) -> None:
    scene = Scene.of_pages()
    query = urlencode(dict.fromkeys(PARAMETERS, ODD[odd]), errors="surrogateescape")
    wrong = []
    for row in pages("GET"):
        asked = Row(row.part, row.group, row.method, f"{row.address}?{query}", "", row.expected)
        with undone():
            if failed(visit(visitor_of(scene, row), asked, scene.things)):
                wrong.append(row.address)
    assert not wrong


@pytest.mark.parametrize("odd", ODD)
def test_no_field_of_a_form_makes_it_fail(odd: str, db: None) -> None:
    """All of them at once, and those that the line of the matrix does not fill in."""
    scene = Scene.of_pages()
    value = ODD[odd].encode("utf-8", "surrogateescape")
    wrong = []
    for row in pages("POST"):
        filled = dict(pair.split("=", 1) for pair in scene.things.put_into(row.sends).split("&") if "=" in pair)
        for fields in [{}, filled] if filled else [{}]:
            body = encode_multipart(BOUNDARY, dict.fromkeys(FIELDS, PLACE) | fields).replace(PLACE.encode(), value)
            for visitor in visitors_of(scene, row):
                with undone():
                    if failed(posted(visitor, scene.things.put_into(row.address), body)):
                        wrong.append(f"{row.address}, {visitor.name}, {fields}")
    assert not wrong


def visitors_of(scene: Scene, row: Row) -> list[Visitor]:
    """Nobody as well, where people sign in."""
    nobody = [scene.visitors[NOBODY]] if row.address.startswith("/accounts/") else []
    return [visitor_of(scene, row), *nobody]


def posted(visitor: Visitor, address: str, body: bytes) -> HttpResponseBase:
    browser = client()
    browser.cookies = SimpleCookie(visitor.cookies)
    response: HttpResponseBase = browser.generic("POST", address, body, MULTIPART_CONTENT, REMOTE_ADDR=next(addresses))
    return response


@pytest.mark.parametrize("odd", ODD)
def test_no_name_in_an_address_makes_it_fail(odd: str, db: None) -> None:
    """Where an address holds a word and not a number."""
    scene = Scene.of_pages()
    word = quote(ODD[odd].replace("\\", "") + "aaaaaaaa", safe="", errors="surrogateescape")
    run, provider = scene.things.found["evaluation_run"], scene.things.found["sign_on_provider"]
    addresses = [
        f"/prompts/{word}/", f"/prompts/answer/{word}/", f"/prompts/answer/{word}/activate/",
        f"/prompts/answer/new/?from={word}", f"/models/{word}/use/", f"/models/{word}/rest/", f"/sources/new/{word}/",
        f"/sign-on/new/{word}/", f"/sign-on/{provider}/", f"/quality/runs/{run}/{word}/", f"/audit/export.{word}",
        f"{reverse('account_login')}?next={word}", f"/accounts/sign-on/{word}/", f"/accounts/sign-on/{word}/metadata/",
        f"/static/{word}", f"/{word}",
    ]  # fmt: skip
    wrong = []
    for address in addresses:
        with undone():
            asked = Row("", "", "GET", address, "", {})
            if failed(visit(scene.visitors["admin"], asked, scene.things)):
                wrong.append(re.sub(re.escape(word), "…", address))
    assert not wrong
