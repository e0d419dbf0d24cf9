"""Whole questions answered through real HTTP: by a server that misbehaves in every way, and by llama.cpp."""

import time

import pytest

from app.answers.events import Done, Restart, Step
from app.answers.models import Answer, Outcome
from app.answers.tests.asked import asked, library, person, streamed
from app.providers import registry
from app.providers.tests.conftest import llama
from app.providers.tests.misbehaving_server import MisbehavingServer

pytestmark = pytest.mark.django_db(transaction=True)
HOTELS = "How much may a hotel cost a night?"
RETRIES = 1
# Each try may wait for its first token, then for the next one; on top come the search and the quoted answer.
PATIENCE_S = 12


@pytest.fixture(scope="module")
def server():
    with MisbehavingServer() as server:
        yield server


@pytest.fixture(autouse=True)
def _no_model_is_remembered():
    registry.forget()
    yield
    registry.forget()


@pytest.fixture
def use(settings):
    """Points the product at a model, as an operator does, with little patience."""

    def use(url: str, name: str, *, first_token_s: float = 0.6) -> None:
        settings.LLM_BASE_URL, settings.LLM_MODEL, settings.LLM_API_KEY = url, name, "key"
        settings.LLM_CONNECT_TIMEOUT_S, settings.LLM_MAX_RETRIES = 1.0, RETRIES
        settings.LLM_FIRST_TOKEN_TIMEOUT_S, settings.LLM_TOKEN_TIMEOUT_S = first_token_s, 0.4
        settings.LLM_MAX_TOKENS = 60
        settings.LLM_INPUT_USD_PER_MILLION, settings.LLM_OUTPUT_USD_PER_MILLION = 2.0, 8.0
        registry.forget()

    return use


@pytest.fixture
def charlie():
    library()
    return person("charlie@example.com")


def test_a_streamed_answer_is_cited_counted_and_priced(server, use, charlie):
    use(server.url, "mock-cite-itl1")
    answer, events = asked(charlie, HOTELS)
    assert (answer.outcome, answer.mode, answer.model) == (Outcome.ANSWERED, Answer.Mode.MODEL, "mock-cite-itl1")
    assert streamed(events) == answer.text
    assert "[1]" in answer.text
    for citation in answer.citations.all():
        version = citation.evidence.version
        assert version.text[citation.start : citation.end] == citation.quote
    assert answer.prompt_tokens > 50
    assert answer.completion_tokens > 5
    assert answer.cost_usd * 1_000_000 == 2 * answer.prompt_tokens + 8 * answer.completion_tokens
    assert {step.name for step in answer.steps.all()} == {
        "guard", "rewrite", "retrieve", "reuse", "assemble", "generate", "verify",
    }  # fmt: skip


@pytest.mark.timed
@pytest.mark.parametrize(
    "name",
    [
        "mock-500", "mock-503", "mock-401", "mock-404", "mock-429", "mock-429-retryafter60", "mock-hang",
        "mock-hang3", "mock-slow-ttft5000", "mock-cut0", "mock-cut3", "mock-end3", "mock-error3", "mock-malformed",
        "mock-html", "mock-empty", "mock-filtered",
    ],
)  # fmt: skip
def test_every_fault_ends_in_the_quoted_answer_and_says_so(server, use, charlie, name):
    use(server.url, name)
    began = time.monotonic()
    answer, events = asked(charlie, HOTELS)
    assert time.monotonic() - began < PATIENCE_S
    assert (answer.outcome, answer.mode) == (Outcome.DEGRADED, Answer.Mode.EXTRACTIVE)
    assert "140 euros" in answer.text
    assert answer.citations.get(marker=1).evidence.document.external_id == "travel.md"
    assert "not available" in answer.notice
    assert answer.error
    assert "SECRET" not in answer.error + answer.notice + answer.text
    assert Answer.objects.count() == 1
    assert isinstance(events[-1], Done)
    last = max((index for index, event in enumerate(events) if isinstance(event, Restart)), default=0)
    assert streamed(events[last:]) == answer.text


def test_a_model_that_is_not_there_ends_in_the_quoted_answer(use, charlie, free_port):
    use(f"http://127.0.0.1:{free_port}/v1", "gone")
    answer, _ = asked(charlie, HOTELS)
    assert (answer.outcome, answer.error) == (Outcome.DEGRADED, "Unavailable")


def test_a_fault_that_passes_is_not_noticed(server, use, charlie):
    use(server.url, "mock-cite-500-first1")
    answer, events = asked(charlie, HOTELS)
    assert (answer.outcome, answer.notice) == (Outcome.ANSWERED, "")
    assert not any(isinstance(event, Restart) for event in events)


def test_a_model_is_not_asked_where_nothing_may_be_read(server, use):
    use(server.url, "mock-never-asked")
    answer, events = asked(person("charlie@example.com"), HOTELS)
    assert answer.outcome == Outcome.NOT_FOUND
    assert not [request for request in server.requests if request.body.get("model") == "mock-never-asked"]
    assert [event.name for event in events if isinstance(event, Step)]


def test_a_real_model_server_answers_in_the_same_protocol(use, charlie):
    with llama() as url:
        use(url, "smollm2", first_token_s=60)
        answer, events = asked(charlie, HOTELS)
    assert answer.outcome in {Outcome.ANSWERED, Outcome.DEGRADED, Outcome.NOT_FOUND, Outcome.CONFLICT}
    assert answer.prompt_tokens > 100
    assert answer.completion_tokens > 0
    assert answer.cost_usd > 0
    assert answer.model == "smollm2"
    assert isinstance(events[-1], Done)
    for citation in answer.citations.all():
        assert citation.quote == citation.evidence.version.text[citation.start : citation.end]
