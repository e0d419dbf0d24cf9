"""The chat model against a server that does everything wrong, and against llama.cpp."""

import asyncio
import time

import pytest
import structlog

from app.providers.errors import Malformed, RateLimited, Refused, Timeout, Unavailable
from app.providers.openai_chat import OpenAIChatModel, Patience
from app.providers.retry import RetryingChatModel
from app.providers.testing import ScriptedChatModel
from app.providers.tests.contracts import ChatModelContract
from app.providers.types import Delta, Finished, Message

HURRIED = Patience(connect_s=1, first_token_s=1.0, next_token_s=0.5, total_s=2.0)


class TestOpenAIChatModel(ChatModelContract):
    @pytest.fixture
    def model(self, misbehaving):
        return chat(misbehaving, "mock-itl1", Patience())


class TestRetryingChatModel(ChatModelContract):
    @pytest.fixture
    def model(self, misbehaving):
        return RetryingChatModel(chat(misbehaving, "mock-itl1", Patience()), retries=2)


class TestScriptedChatModel(ChatModelContract):
    @pytest.fixture
    def model(self):
        return ScriptedChatModel(["Hello", " there"])


class TestLlama(ChatModelContract):
    @pytest.fixture
    def model(self, llama_url):
        return OpenAIChatModel("smollm2", base_url=llama_url, api_key="")

    async def test_the_counts_are_the_servers_own(self, model):
        _, finished = await collect(model)
        assert not finished.estimated

    async def test_a_prompt_that_is_too_long_is_refused(self, model):
        with pytest.raises(Refused):
            await collect(model, "word " * 5000)


def chat(server, name, patience=HURRIED):
    return OpenAIChatModel(name, base_url=server.url, api_key="key", patience=patience)


async def collect(model, prompt="hello"):
    """The text and the `Finished`; an error carries the text that came before it in `seen`."""
    texts, finished = [], None
    try:
        async for event in model.stream([Message("user", prompt)], max_tokens=16, temperature=0):
            if isinstance(event, Delta):
                texts.append(event.text)
            else:
                finished = event
    except Exception as error:
        error.seen = "".join(texts)
        raise
    return "".join(texts), finished


async def test_the_text_arrives_whole_with_the_servers_counts(misbehaving):
    text, finished = await collect(chat(misbehaving, "mock-len6"), "one two three")
    assert text == "The policy allows twenty days of"
    assert finished == Finished(prompt_tokens=3, completion_tokens=6, reason="stop")


async def test_counts_are_estimated_and_said_to_be_where_the_server_counts_nothing(misbehaving):
    _, finished = await collect(chat(misbehaving, "mock-nousage-len6"), "x" * 40)
    assert finished == Finished(prompt_tokens=11, completion_tokens=9, reason="stop", estimated=True)


@pytest.mark.timed
@pytest.mark.parametrize(
    ("name", "kind", "seen"),
    [
        ("mock-500", Unavailable, ""),
        ("mock-503", Unavailable, ""),
        ("mock-401", Refused, ""),
        ("mock-404", Refused, ""),
        ("mock-429-retryafter3", RateLimited, ""),
        ("mock-hang", Timeout, ""),
        ("mock-ttft1900", Timeout, ""),
        ("mock-hang2", Timeout, "The policy"),
        ("mock-itl50-len100", Timeout, None),
        ("mock-cut0", Unavailable, ""),
        ("mock-cut2", Unavailable, "The policy"),
        ("mock-end2", Unavailable, "The policy"),
        ("mock-end0", Malformed, ""),
        ("mock-error2", Unavailable, "The policy"),
        ("mock-malformed", Malformed, "The policy allows"),
        ("mock-html", Malformed, ""),
        ("mock-empty", Malformed, ""),
        ("mock-filtered", Refused, ""),
    ],
)
async def test_each_misbehaviour_has_its_error(misbehaving, name, kind, seen):
    started = time.monotonic()
    with pytest.raises(kind) as caught:
        await collect(chat(misbehaving, name))
    assert time.monotonic() - started < 5
    assert seen is None or caught.value.seen == seen
    assert "SECRET" not in str(caught.value)


async def test_a_model_that_thinks_first_is_alive_but_its_thoughts_are_not_the_reply(misbehaving):
    text, _ = await collect(chat(misbehaving, "mock-thinking-len2"))
    assert text == "The policy"


async def test_a_server_that_is_not_there_is_unavailable(free_port):
    model = OpenAIChatModel("m", base_url=f"http://127.0.0.1:{free_port}/v1", api_key="", patience=HURRIED)
    with pytest.raises(Unavailable):
        await collect(model)


async def test_the_reader_may_take_their_time(misbehaving):
    model = chat(misbehaving, "mock-len3", Patience(next_token_s=0.2, total_s=30))
    async for _ in model.stream([Message("user", "hi")], max_tokens=9, temperature=0):
        await asyncio.sleep(0.3)


async def test_the_request_id_travels_along(misbehaving):
    with structlog.contextvars.bound_contextvars(request_id="abc-123"):
        await collect(chat(misbehaving, "mock-len1-id"))
    sent = [request for request in misbehaving.requests if request.body.get("model") == "mock-len1-id"]
    assert sent[-1].headers["x-request-id"] == "abc-123"
    assert sent[-1].body["max_tokens"] == 16


def test_one_model_serves_several_event_loops(misbehaving):
    model = chat(misbehaving, "mock-len2")
    assert [asyncio.run(collect(model))[0] for _ in range(2)] == ["The policy"] * 2


async def test_a_hundred_streams_at_once(misbehaving):
    model = chat(misbehaving, "mock-ttft50-itl2-len20", Patience())
    replies = await asyncio.gather(*(collect(model) for _ in range(100)))
    assert len({text for text, _ in replies}) == 1


@pytest.mark.parametrize("frame", ["[{}] Title\n{}", "F-1 [{0}] Title\n{1}\nF-1 end of [{0}]", '<p id="{}">{}</p>'])
async def test_numbered_passages_come_back_cited(misbehaving, frame):
    texts = ["Everyone has twenty days of leave. More.", "Flights need an approval first."]
    prompt = "\n\n".join(frame.format(number, text) for number, text in enumerate(texts, start=1))
    text, _ = await collect(chat(misbehaving, "mock-cite"), f"{prompt}\n\nQuestion: How many days?")
    assert text == "Everyone has twenty days of leave [1]. Flights need an approval first [2]."
