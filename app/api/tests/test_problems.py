"""Whatever goes wrong, the answer is a problem detail that says what and what to do."""

import time
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from app.accounts.models import ApiKey, User
from app.api import problems, search
from app.api.problems import Problem
from app.providers.errors import Unavailable


def is_problem(response, status):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == problems.MEDIA_TYPE
    body = Problem.model_validate(response.json())
    assert body.status == status
    assert body.title
    assert body.detail
    assert body.type.startswith("urn:attest:problem:")
    assert body.instance == response.request.url.path
    assert body.request_id == response.headers["X-Request-ID"]
    return body


async def searched(api, company, **more):
    return await api.post("/api/v1/search", json={"query": "hotel"}, headers=company.key("alice"), **more)


@pytest.mark.parametrize("path", ["", "nothing", "search/", "documents/x", "answers/-1", "sources/1/what", "docs"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_an_unknown_address_is_404(api, path, method):
    is_problem(await api.request(method, f"/api/v1/{path}"), 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "search"),
        ("PUT", "answers"),
        ("PATCH", "documents/1"),
        ("POST", "sources"),
        ("POST", "openapi.json"),
    ],
)
async def test_an_unknown_method_is_405_and_says_which_are_known(api, method, path):
    response = await api.request(method, f"/api/v1/{path}")
    is_problem(response, 405)
    assert response.headers["Allow"]


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer attest_0_1", "Bearer é"])
async def test_no_or_a_wrong_key_is_401(api, company, header):
    headers = {} if header is None else {"Authorization": header.encode("latin-1")}
    response = await api.get("/api/v1/sources", headers=headers)
    is_problem(response, 401)
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_revoked_key_is_401_at_once(api, company):
    assert (await searched(api, company)).status_code == 200
    await ApiKey.objects.filter(user=company.alice).aupdate(revoked_at=timezone.now() - timedelta(seconds=1))
    is_problem(await searched(api, company), 401)


async def test_the_key_of_an_inactive_person_is_401(api, company):
    await User.objects.filter(pk=company.alice.pk).aupdate(is_active=False)
    is_problem(await searched(api, company), 401)


async def test_a_session_is_no_way_in(api, company):
    from django.test import AsyncClient

    client = AsyncClient()
    await client.aforce_login(company.alice, backend="django.contrib.auth.backends.ModelBackend")
    response = await client.get("/api/v1/sources")
    assert response.status_code == 401


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"query": "a"}}', b"[" * 5000])
async def test_a_body_that_is_no_json_is_400(api, company, body):
    is_problem(await api.post("/api/v1/search", content=body, headers=company.key("alice")), 400)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"x"', b"5"])
async def test_a_body_that_is_no_object_is_422(api, company, body):
    is_problem(await api.post("/api/v1/search", content=body, headers=company.key("alice")), 422)


async def test_too_large_a_body_is_413_before_anybody_reads_it(api, company):
    body = b'{"query": "' + b"x" * 65 * 1024 + b'"}'
    is_problem(await api.post("/api/v1/search", content=body), 413)


async def test_too_large_a_body_without_a_length_is_413(api, company):
    async def pieces():
        for _ in range(70):
            yield b" " * 1024

    is_problem(await api.post("/api/v1/search", content=pieces(), headers=company.key("alice")), 413)


async def test_a_crash_is_500_and_tells_nothing_of_the_inside(api, company, monkeypatch, settings):
    def crash(*_, **__):
        raise RuntimeError("secret inside")

    monkeypatch.setattr(search, "search", crash)
    for debug in (False, True):
        settings.DEBUG = debug
        response = await searched(api, company)
        is_problem(response, 500)
        assert "secret" not in response.text


@pytest.mark.parametrize("error", [Unavailable("http://inside:1234"), OperationalError("host 10.0.0.1")])
async def test_a_missing_dependency_is_503(api, company, monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(search, "search", fail)
    response = await searched(api, company)
    is_problem(response, 503)
    assert "inside" not in response.text
    assert "10.0" not in response.text


async def test_too_slow_a_search_is_504(api, company, monkeypatch):
    monkeypatch.setattr(search, "search", lambda *_, **__: time.sleep(1) or [])
    monkeypatch.setattr(search, "SEARCH_TIMEOUT_S", 0.05)
    is_problem(await searched(api, company), 504)
