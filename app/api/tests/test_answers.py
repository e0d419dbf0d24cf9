"""Asking over HTTP: the shape that others build on, conversations, feedback, and only one's own answers."""

import pytest

from app.answers.models import Answer, Feedback
from app.corpus.models import Document


async def asked(api, company, who, question="How many euros a night may employees book a hotel for?", **more):
    body = {"question": question, **more}
    return await api.post("/api/v1/answers", json=body, headers=company.key(who))


async def test_answers_in_the_shape_that_was_promised(api, company):
    response = await asked(api, company, "alice")
    assert response.status_code == 200
    body = response.json()
    promised = {"id", "outcome", "text", "citations", "model", "cached", "usage", "timings_ms"}
    assert promised <= set(body)
    assert set(body["usage"]) == {"prompt_tokens", "completion_tokens", "cost_usd"}
    assert body["cached"] is False
    assert body["timings_ms"]["total"] >= body["timings_ms"]["retrieve"] > 0
    assert body["outcome"] == "answered"
    assert "140 euros" in body["text"]
    first = body["citations"][0]
    assert set(first) == {"marker", "passage_id", "quote", "document"}
    assert set(first["document"]) == {"id", "external_id", "title", "url", "source", "updated_at", "is_stale"}
    assert first["document"]["external_id"] == "travel.md"
    assert f"[{first['marker']}]" in body["text"]


async def test_says_not_found_where_the_answer_may_not_be_read(api, company):
    question = "How large is the marketing budget for 2026?"
    assert "480,000" in (await asked(api, company, "alice", question)).json()["text"]
    for outsider in ("charlie", "ada"):
        body = (await asked(api, company, outsider, question)).json()
        assert "480,000" not in body["text"]
        assert "budget.md" not in str(body["citations"])


async def test_an_answer_can_be_read_again_by_its_asker_alone(api, company):
    first = (await asked(api, company, "alice")).json()
    path = f"/api/v1/answers/{first['id']}"
    assert (await api.get(path, headers=company.key("alice"))).json() == first
    for other in ("charlie", "ada"):
        assert (await api.get(path, headers=company.key(other))).status_code == 404


async def test_an_answer_is_withheld_once_its_document_has_gone(api, company):
    first = (await asked(api, company, "alice")).json()
    await Document.objects.filter(pk=company.travel.pk).aupdate(current_version=None, state="pending")
    again = (await api.get(f"/api/v1/answers/{first['id']}", headers=company.key("alice"))).json()
    assert again["withheld"] is True
    assert again["citations"] == []
    assert "140" not in again["text"]


async def test_a_conversation_goes_on(api, company):
    first = (await asked(api, company, "alice")).json()
    second = await asked(api, company, "alice", "And above that?", conversation_id=first["conversation_id"])
    assert second.json()["conversation_id"] == first["conversation_id"]


@pytest.mark.parametrize("number", [999_999, 2**62])
async def test_an_unknown_conversation_is_not_found(api, company, number):
    assert (await asked(api, company, "alice", conversation_id=number)).status_code == 404


async def test_another_persons_conversation_is_not_found(api, company):
    first = (await asked(api, company, "alice")).json()
    response = await asked(api, company, "charlie", conversation_id=first["conversation_id"])
    assert response.status_code == 404


@pytest.mark.parametrize("question", ["", "   ", "x" * 2001, None, "\u0007"])
async def test_a_question_that_is_none_is_refused_and_leaves_no_row(api, company, question):
    response = await asked(api, company, "alice", question)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "question"
    assert not await Answer.objects.aexists()


async def test_feedback_is_kept_and_can_be_changed(api, company):
    answer = (await asked(api, company, "alice")).json()
    path = f"/api/v1/answers/{answer['id']}/feedback"
    for value, reason in (("down", "outdated"), ("up", None)):
        response = await api.post(path, json={"value": value, "reason": reason}, headers=company.key("alice"))
        assert response.status_code == 200, response.text
    kept = await Feedback.objects.aget(answer_id=answer["id"])
    assert (kept.value, kept.reason) == ("up", "")


async def test_feedback_on_another_persons_answer_is_not_found(api, company):
    answer = (await asked(api, company, "alice")).json()
    path = f"/api/v1/answers/{answer['id']}/feedback"
    response = await api.post(path, json={"value": "up"}, headers=company.key("charlie"))
    assert response.status_code == 404
    assert not await Feedback.objects.aexists()


@pytest.mark.parametrize(
    "body",
    [{}, {"value": "sideways"}, {"value": "up", "reason": "mood"}, {"value": "up", "comment": "x" * 2001}],
)
async def test_feedback_that_is_none_is_refused(api, company, body):
    answer = (await asked(api, company, "alice")).json()
    path = f"/api/v1/answers/{answer['id']}/feedback"
    assert (await api.post(path, json=body, headers=company.key("alice"))).status_code == 422


async def test_filters_and_the_wish_for_a_new_answer_are_kept_with_the_question(api, company):
    filters = {"sources": [company.handbook.pk], "changed_since": "2020-01-01"}
    question = "How large is the marketing budget for 2026?"
    body = (await asked(api, company, "alice", question, filters=filters, fresh=True)).json()
    assert "480,000" not in body["text"]
    answer = await Answer.objects.select_related("question").aget(pk=body["id"])
    assert answer.question.filters == filters | {"fresh": True}


async def test_a_filter_on_a_closed_source_is_refused_and_leaves_no_row(api, company):
    response = await asked(api, company, "charlie", filters={"sources": [company.finance.pk]})
    assert response.status_code == 422
    assert not await Answer.objects.aexists()


async def test_stopping_an_answer_that_is_finished_returns_it(api, company):
    first = (await asked(api, company, "alice")).json()
    response = await api.post(f"/api/v1/answers/{first['id']}/stop", headers=company.key("alice"))
    assert response.json() == first
