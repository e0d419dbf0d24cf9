"""Search over HTTP: the shape that others build on, the limits, and nothing that may not be read."""

import httpx
import pytest

from app.api.tests.company import Company


async def searched(api: httpx.AsyncClient, company: Company, who: str, **body):
    return await api.post("/api/v1/search", json=body, headers=company.key(who))


async def test_answers_in_the_shape_that_was_promised(api, company):
    response = await searched(api, company, "alice", query="How much may a hotel cost?", limit=5)
    assert response.status_code == 200
    body = response.json()
    assert set(body) == {"passages", "took_ms"}
    assert body["took_ms"] > 0
    first = body["passages"][0]
    assert set(first) == {"id", "text", "heading", "score", "rank", "document"}
    assert set(first["document"]) == {"id", "external_id", "title", "url", "source", "updated_at", "is_stale"}
    assert first["document"]["external_id"] == "travel.md"
    assert first["document"]["source"] == "Handbook"
    assert "140 euros" in first["text"]
    assert [passage["rank"] for passage in body["passages"]] == list(range(1, len(body["passages"]) + 1))


async def test_finds_only_what_its_caller_may_read(api, company):
    found = {}
    for who in ("alice", "charlie", "ada"):
        response = await searched(api, company, who, query="marketing budget 2026")
        found[who] = {passage["document"]["external_id"] for passage in response.json()["passages"]}
    assert "budget.md" in found["alice"]
    assert "budget.md" not in found["charlie"] | found["ada"]


async def test_a_right_that_was_taken_away_is_gone_at_the_next_request(api, company):
    await company.alice.groups.aclear()
    response = await searched(api, company, "alice", query="marketing budget 2026")
    assert "budget.md" not in response.text


async def test_an_answer_is_kept_in_no_cache(api, company):
    response = await searched(api, company, "alice", query="hotel")
    assert response.headers["Cache-Control"] == "no-store"


async def test_gives_no_more_than_the_limit(api, company):
    response = await searched(api, company, "alice", query="euros", limit=1)
    assert len(response.json()["passages"]) == 1


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "query", "missing"),
        ({"query": ""}, "query", "string_too_short"),
        ({"query": " \u0000\t "}, "query", "value_error"),
        ({"query": "x" * 2001}, "query", "string_too_long"),
        ({"query": 5}, "query", "string_type"),
        ({"query": "x", "limit": 0}, "limit", "greater_than_equal"),
        ({"query": "x", "limit": 51}, "limit", "less_than_equal"),
        ({"query": "x", "limti": 5}, "limti", "extra_forbidden"),
    ],
)
async def test_names_the_field_that_is_wrong(api, company, body, field, code):
    response = await searched(api, company, "alice", **body)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    [error] = response.json()["errors"]
    assert (error["location"], error["field"], error["code"]) == ("body", field, code)


async def test_control_characters_do_no_harm(api, company):
    response = await searched(api, company, "alice", query="hotel\u0000 \u001b[31m\u0007 price")
    assert response.status_code == 200
    assert response.json()["passages"]


async def test_half_a_surrogate_pair_is_refused(api, company):
    body = b'{"query": "hotel \\ud800"}'
    response = await api.post("/api/v1/search", content=body, headers=company.key("alice"))
    assert response.status_code == 422


async def test_filters_narrow_the_search(api, company):
    everywhere = await searched(api, company, "alice", query="euros")
    narrowed = await searched(api, company, "alice", query="euros", filters={"sources": [company.finance.pk]})
    names = [{p["document"]["external_id"] for p in each.json()["passages"]} for each in (everywhere, narrowed)]
    assert names == [{"travel.md", "budget.md"}, {"budget.md"}]
    later = await searched(api, company, "alice", query="euros", filters={"changed_since": "2020-01-01"})
    assert later.status_code == 200


@pytest.mark.parametrize("who", ["charlie", "ada"])
async def test_a_filter_opens_no_source_and_tells_of_none(api, company, who):
    closed, unknown = ({"sources": [number]} for number in (company.finance.pk, 10**12))
    replies = [await searched(api, company, who, query="budget", filters=each) for each in (closed, unknown)]
    assert [reply.status_code for reply in replies] == [422, 422]
    assert replies[0].json()["detail"] == replies[1].json()["detail"]


@pytest.mark.parametrize(
    "filters",
    [
        {"sources": "all"},
        {"sources": [0]},
        {"sources": [2**70]},
        {"changed_since": "lately"},
        {"changed_since": "2999-01-01"},
        {"owner": "x"},
        {"sources": list(range(1, 200))},
    ],
)
async def test_filters_that_are_none_are_refused(api, company, filters):
    response = await searched(api, company, "alice", query="budget", filters=filters)
    assert response.status_code == 422
