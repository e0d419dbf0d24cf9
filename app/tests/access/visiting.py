"""One request of the matrix: how it is sent, and the short code that stands for what came back."""

import functools
import itertools
import json
from http.cookies import SimpleCookie
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.test.client import BOUNDARY, MULTIPART_CONTENT, Client, encode_multipart
from django.urls import reverse

from app.tests.access.matrix import Row
from app.tests.access.visitors import Things, Visitor

FILE = b"# Notes\n\nSomething to read."
FOR_PROGRAMS = ("/api/", "/scim/")
SIGN_IN, CONFIRM = "sign-in", "confirm"
FROM_THIS_MACHINE = "/metrics"
# All other visits come from an address of their own, as one that is often wrong is soon not listened to any more.
addresses = (f"10.{each >> 16 & 255}.{each >> 8 & 255}.{each & 255}" for each in itertools.count(1))


def visit(visitor: Visitor, row: Row, things: Things, *, method: str = "", without: str = "") -> HttpResponseBase:
    """Send the row's request, or another `method` to its address. The thing named `without` does not exist."""
    method, path = method or row.method, things.put_into(row.address, without=without)
    data, content_type = _body(row, things, without) if method == row.method else (b"", MULTIPART_CONTENT)
    browser = client()
    browser.cookies = SimpleCookie(visitor.cookies)
    more: dict[str, Any] = {} if path == FROM_THIS_MACHINE else {"REMOTE_ADDR": next(addresses)}
    response: HttpResponseBase = browser.generic(method, path, data, content_type, headers=visitor.headers, **more)
    return response


@functools.cache
def client() -> Client:
    """One for all visitors, as a new one looks for all static files; each visit puts its own cookies into it."""
    return Client(raise_request_exception=False)


def code_of(response: HttpResponseBase) -> str:
    """The status; or where a redirection leads, if that is to sign in or to confirm who it is."""
    to = response.headers.get("Location", "")
    if response.status_code in (301, 302, 303):
        if to.startswith(reverse("account_login")):
            return SIGN_IN
        if to.startswith((reverse("account_reauthenticate"), reverse("account_confirm"))):
            return CONFIRM
    return str(response.status_code)


def text_of(response: HttpResponseBase) -> str:
    return response.content.decode(errors="replace") if isinstance(response, HttpResponse) else ""


def _body(row: Row, things: Things, without: str) -> tuple[bytes, str]:
    """Pairs such as `name=value`, which an API takes as JSON; a pair with `@` is a file; or JSON as it is."""
    sends = things.put_into(row.sends, without=without)
    if sends.startswith('{"'):
        return sends.encode(), "application/scim+json" if row.address.startswith("/scim/") else "application/json"
    pairs = dict(pair.split("=", 1) for pair in sends.split("&") if "=" in pair)
    if any(value.startswith("@") for value in pairs.values()):
        files = {name: SimpleUploadedFile(value[1:], FILE) for name, value in pairs.items() if value.startswith("@")}
        data: dict[str, Any] = pairs | files
        return encode_multipart(BOUNDARY, data), MULTIPART_CONTENT
    if row.address.startswith(FOR_PROGRAMS):
        values = {name: int(value) if value.isdigit() else value for name, value in pairs.items()}
        return json.dumps(values).encode() if row.sends else b"", "application/json"
    return (encode_multipart(BOUNDARY, pairs), MULTIPART_CONTENT) if row.method == "POST" else (b"", "text/plain")
