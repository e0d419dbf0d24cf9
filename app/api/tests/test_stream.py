"""Answers as server-sent events: on the wire as they happen, ended by one answer or one error."""

import asyncio
import json
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from django.utils import timezone

from app.answers import running
from app.answers.events import Done, Restart, Step, Token
from app.answers.models import Answer
from app.api import stream
from app.asgi import application

QUESTION = {"question": "How many euros a night may employees book a hotel for?", "stream": True}


def events_of(text):
    """(event, data) of each event; comments are left out."""
    found = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


async def streamed(api, company, who="alice"):
    return await api.post("/api/v1/answers", json=QUESTION, headers=company.key(who))


def scripted(monkeypatch, *script):
    """Replace the pipeline: events are said, exceptions raised, events of asyncio waited for."""
    ended = asyncio.Event()

    async def pipeline(question_id, reader):
        answer = await Answer.objects.aget(question_id=question_id)
        for item in script:
            if isinstance(item, Exception):
                raise item
            if isinstance(item, asyncio.Event):
                await item.wait()
            elif item is Done:
                answer.outcome, answer.text, answer.finished_at = "answered", "Whole.", timezone.now()
                await answer.asave()
                yield Done(answer.pk)
            else:
                yield item
        ended.set()

    monkeypatch.setattr(running, "answer_question", pipeline)
    return ended


async def test_steps_tokens_and_then_the_answer(api, company):
    response = await streamed(api, company)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/event-stream"
    assert response.headers["cache-control"] == "no-store"
    events = events_of(response.text)
    names = [name for name, _ in events]
    assert names[-1] == "answer"
    assert names.count("answer") == 1
    assert set(names[:-1]) <= {"step", "token", "restart"}
    assert [data["name"] for name, data in events if name == "step"][:2] == ["guard", "rewrite"]
    path = response.headers["Content-Location"]
    assert (await api.get(path, headers=company.key("alice"))).json() == events[-1][1]


async def test_text_is_not_broken_by_line_breaks_or_other_alphabets(api, company, monkeypatch):
    scripted(monkeypatch, Token("Zürich\n\ndata: x\r"), Restart(), Token("日本"), Done)
    events = events_of((await streamed(api, company)).text)
    assert events[0] == ("token", {"text": "Zürich\n\ndata: x\r"})
    assert events[1] == ("restart", {})
    assert events[2] == ("token", {"text": "日本"})
    assert events[3][1]["text"] == "Whole."


@pytest.mark.parametrize("end", [RuntimeError("secret inside"), None])
async def test_a_failure_on_the_way_is_one_error_event_with_a_problem(api, company, monkeypatch, end):
    scripted(monkeypatch, Step("rewrite"), *([end] if end else []))
    response = await streamed(api, company)
    name, data = events_of(response.text)[-1]
    assert name == "error"
    assert (data["status"], data["instance"]) == (500, "/api/v1/answers")
    assert data["request_id"] == response.headers["X-Request-ID"]
    assert "secret" not in response.text


async def test_a_bad_question_is_an_ordinary_problem(api, company):
    response = await api.post("/api/v1/answers", json={**QUESTION, "question": " "}, headers=company.key("alice"))
    assert response.status_code == 422


async def test_a_long_silence_is_filled_so_that_no_proxy_hangs_up(api, company, monkeypatch):
    gate = asyncio.Event()
    monkeypatch.setattr(stream, "SILENCE_S", 0.05)
    scripted(monkeypatch, Step("rewrite"), gate, Done)
    asyncio.get_running_loop().call_later(0.5, gate.set)
    text = (await streamed(api, company)).text
    assert text.count(": still working\n\n") >= 3
    assert events_of(text)[-1][0] == "answer"


@asynccontextmanager
async def served(port):
    """The application on a real socket."""
    config = uvicorn.Config(application, port=port, log_config=None, lifespan="off", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    running_server = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            yield client
    finally:
        server.should_exit = True
        await running_server


async def test_each_event_leaves_at_once(company, monkeypatch, free_port):
    gate = asyncio.Event()
    scripted(monkeypatch, Step("rewrite"), Token("Half"), gate, Token(" and half"), Done)
    async with served(free_port) as client:
        asking = client.stream("POST", "/api/v1/answers", json=QUESTION, headers=company.key("alice"))
        async with asking as response:
            seen = ""
            async for piece in response.aiter_text():
                seen += piece
                if "Half" in seen and not gate.is_set():
                    assert "answer" not in seen
                    gate.set()
    assert [name for name, _ in events_of(seen)] == ["step", "token", "token", "answer"]


async def test_an_answer_is_made_to_its_end_though_the_asker_hangs_up(company, monkeypatch, free_port):
    gate = asyncio.Event()
    ended = scripted(monkeypatch, Token("Half"), gate, Done)
    async with served(free_port) as client:
        asking = client.stream("POST", "/api/v1/answers", json=QUESTION, headers=company.key("alice"))
        async with asking as response:
            await anext(response.aiter_text())
        await asyncio.sleep(0.2)
        gate.set()
        await asyncio.wait_for(ended.wait(), 5)
    assert (await Answer.objects.aget()).outcome == "answered"
