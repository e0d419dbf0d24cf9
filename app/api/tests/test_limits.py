"""What a program is told of its limits, and what it gets once they are reached."""

import pytest

from app.answers.models import Answer
from app.usage import valkey


@pytest.fixture(autouse=True)
def empty_windows():
    valkey.forget()
    valkey.storage().reset()
    yield
    valkey.forget()


async def asked(api, company, who="alice"):
    body = {"question": "How many euros a night may employees book a hotel for?"}
    return await api.post("/api/v1/answers", json=body, headers=company.key(who))


async def searched(api, company, who="alice"):
    return await api.post("/api/v1/search", json={"query": "hotel"}, headers=company.key(who))


async def test_an_answer_says_what_is_left(api, company, settings):
    settings.ATTEST_LIMITS = ["2/m/user", "100/h"]
    response = await asked(api, company)
    assert response.status_code == 200
    assert response.headers["RateLimit-Policy"] == '"user";q=2;w=60, "everyone";q=100;w=3600'
    assert response.headers["X-RateLimit-Limit"] == "2"
    assert response.headers["X-RateLimit-Remaining"] == "1"
    assert 55 <= int(response.headers["X-RateLimit-Reset"]) <= 61


async def test_too_many_questions_are_a_problem_with_the_time_to_wait(api, company, settings):
    settings.ATTEST_LIMITS = ["1/m/user"]
    await asked(api, company)
    response = await asked(api, company)
    assert response.status_code == 429
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    wait = int(response.headers["Retry-After"])
    assert problem["type"] == "urn:attest:problem:too-many"
    assert problem["detail"].startswith("You have asked 1 question in a minute. Ask again in ")
    assert 1 <= wait <= 61
    assert response.headers["X-RateLimit-Remaining"] == "0"
    assert response.headers["RateLimit"] == f'"user";r=0;t={wait}'
    assert await Answer.objects.acount() == 1
    assert (await asked(api, company, "charlie")).status_code == 200


async def test_a_stream_that_may_not_begin_is_a_problem_too(api, company, settings):
    settings.ATTEST_LIMITS = ["1/m/user"]
    body = {"question": "How much may a hotel cost?", "stream": True}
    first = await api.post("/api/v1/answers", json=body, headers=company.key("alice"))
    assert first.headers["X-RateLimit-Remaining"] == "0"
    second = await api.post("/api/v1/answers", json=body, headers=company.key("alice"))
    assert (second.status_code, second.headers["Content-Type"]) == (429, "application/problem+json")


async def test_searches_have_limits_of_their_own(api, company, settings):
    settings.ATTEST_LIMITS, settings.ATTEST_SEARCH_LIMITS = ["1/m/user"], ["2/m/user"]
    await asked(api, company)
    assert (await searched(api, company)).headers["X-RateLimit-Remaining"] == "1"
    assert (await searched(api, company)).status_code == 200
    refused = await searched(api, company)
    assert refused.status_code == 429
    assert refused.json()["detail"].startswith("You have searched 2 times in a minute. Search again in ")


async def test_without_limits_there_are_no_such_headers(api, company):
    response = await searched(api, company)
    assert not [name for name in response.headers if "ratelimit" in name.lower()]


async def test_valkey_being_down_is_no_error(api, company, settings):
    settings.ATTEST_LIMITS = settings.ATTEST_SEARCH_LIMITS = ["1/m/user", "1/at-once/user"]
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:9"}}
    valkey.forget()
    for _ in range(3):
        assert (await searched(api, company)).status_code == 200
        assert (await asked(api, company)).status_code == 200
