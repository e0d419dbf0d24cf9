"""A question through the real pipeline: streamed to a browser, and finished for one without JavaScript."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncClient

from app.answers.models import Answer, Question
from app.tests.world import World, make_world


@pytest.fixture
def asked(transactional_db: None) -> tuple[World, Question]:
    world = make_world()
    question = Question.objects.create(conversation=world.conversation, text="How many days of leave are there?")
    Answer.objects.create(question=question)
    return world, question


@pytest.fixture(autouse=True)
async def own_connections_closed() -> AsyncIterator[None]:
    """What a test asks of the database by itself runs in a thread that would keep its connection."""
    yield
    await sync_to_async(connections.close_all)()


async def signed_in_client(world: World) -> AsyncClient:
    client = AsyncClient()
    await client.aforce_login(world.alice)
    return client


async def read(response) -> str:
    return "".join([part.decode() async for part in response.streaming_content])


async def test_the_stream_ends_with_the_finished_answer(asked: tuple[World, Question]) -> None:
    world, question = asked
    client = await signed_in_client(world)
    response = await client.get(f"/questions/{question.pk}/stream")
    assert response.headers["Content-Type"] == "text/event-stream"
    assert response.headers["X-Accel-Buffering"] == "no"
    text = await read(response)
    answer = await Answer.objects.aget(question=question)
    assert text.startswith("event: step\n")
    assert text.endswith(f'event: done\ndata: {{"answer": {answer.pk}}}\n\n')
    assert answer.outcome


async def test_a_second_listener_is_told_that_the_answer_is_being_made(asked: tuple[World, Question]) -> None:
    world, question = asked
    one, two = await signed_in_client(world), await signed_in_client(world)
    first, second = await asyncio.gather(*[c.get(f"/questions/{question.pk}/stream") for c in (one, two)])
    assert sorted([first.status_code, second.status_code]) == [200, 409]
    await read(first if first.status_code == 200 else second)
    assert await Answer.objects.filter(question=question).acount() == 1


async def test_without_javascript_the_reply_is_the_finished_page(asked: tuple[World, Question]) -> None:
    world, _ = asked
    client = await signed_in_client(world)
    response = await client.post("/", {"question": "How many days of leave may be carried over?"})
    question = await Question.objects.aget(text__startswith="How many days of leave may")
    assert response.headers["Location"] == f"/conversations/{question.conversation_id}/"
    assert (await Answer.objects.aget(question=question)).outcome


async def test_a_browser_that_leaves_does_not_stop_its_answer(asked: tuple[World, Question]) -> None:
    world, question = asked
    client = await signed_in_client(world)
    response = await client.get(f"/questions/{question.pk}/stream")
    stream = aiter(response.streaming_content)  # type: ignore[attr-defined]
    await anext(stream)
    await sync_to_async(response.close)()
    for _ in range(100):
        if (await Answer.objects.aget(question=question)).outcome:
            return
        await asyncio.sleep(0.1)
    pytest.fail("the answer never ended")
