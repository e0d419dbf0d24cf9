"""Every operation is tried by everybody. One that is new and not decided here fails the first test."""

from dataclasses import dataclass, field
from typing import Any

import pytest


@dataclass
class Decision:
    """What a group's member, an outsider and an admin outside it get for what the group may read."""

    method: str
    path: str
    member: int
    outsider: int
    admin: int
    body: dict[str, Any] | None = field(default=None)


DECISIONS = {
    "search": Decision("POST", "search", 200, 200, 200, {"query": "budget"}),
    "ask": Decision("POST", "answers", 200, 404, 404, {"question": "And?", "conversation_id": 0}),
    "answer": Decision("GET", "answers/{answer}", 200, 404, 404),
    "stop": Decision("POST", "answers/{answer}/stop", 200, 404, 404),
    "feedback": Decision("POST", "answers/{answer}/feedback", 200, 404, 404, {"value": "up"}),
    "sources": Decision("GET", "sources", 200, 200, 200),
    "source": Decision("GET", "sources/{source}", 200, 404, 200),
    "sync": Decision("POST", "sources/{source}/sync", 403, 404, 202),
    "source_documents": Decision("GET", "sources/{source}/documents", 200, 404, 200),
    "upload": Decision("POST", "sources/{source}/documents", 403, 404, 415),
    "documents": Decision("GET", "documents", 200, 200, 200),
    "document": Decision("GET", "documents/{document}", 200, 404, 200),
    "remove": Decision("DELETE", "documents/{document}", 403, 404, 204),
}


@pytest.fixture
async def members_answer(api, company):
    question = {"question": "How large is the marketing budget for 2026?"}
    return (await api.post("/api/v1/answers", json=question, headers=company.key("alice"))).json()


async def tried(api, company, answer, decision, headers):
    names = {
        "answer": answer["id"],
        "conversation": answer["conversation_id"],
        "source": company.finance.pk,
        "document": company.budget.pk,
    }
    body = decision.body
    if body and "conversation_id" in body:
        body = {**body, "conversation_id": names["conversation"]}
    return await api.request(decision.method, f"/api/v1/{decision.path.format(**names)}", json=body, headers=headers)


async def test_every_operation_is_decided(api):
    described = (await api.get("/api/v1/openapi.json")).json()
    known = {operation["operationId"] for path in described["paths"].values() for operation in path.values()}
    assert known == set(DECISIONS)


@pytest.mark.parametrize("name", DECISIONS)
async def test_each_gets_what_was_decided(api, company, members_answer, name):
    decision = DECISIONS[name]
    anonymous = await tried(api, company, members_answer, decision, {})
    assert anonymous.status_code == 401
    for who, status in (("charlie", decision.outsider), ("alice", decision.member), ("ada", decision.admin)):
        response = await tried(api, company, members_answer, decision, company.key(who))
        assert response.status_code == status, (who, response.text)
        if who == "charlie":
            for hidden in ("480,000", "budget.md", "Budget 2026", '"Finance"'):
                assert hidden not in response.text
