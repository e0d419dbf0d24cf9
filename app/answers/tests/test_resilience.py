"""Whole questions while models, the embedding endpoint, the reranker or Valkey misbehave: over real HTTP."""

import functools
import time

import pytest

from app.answers.events import Done, Restart
from app.answers.models import Answer, Outcome
from app.answers.steps.generate import MODEL_FOREIGN, MODEL_LOOPED, WORDS_ALONE
from app.answers.steps.write import CUT_SHORT
from app.answers.tests.asked import asked, library, person, streamed
from app.providers import registry, shared_state
from app.providers.chat_models import all_models, breaker_of
from app.providers.circuit import State
from app.providers.named_models import NamedModel, read_models
from app.providers.tests.misbehaving_server import MisbehavingServer
from app.telemetry.metrics import KEYWORD_ONLY_SEARCHES

pytestmark = pytest.mark.django_db(transaction=True)
HOTELS = "How much may a hotel cost a night?"
HARD = "Compare what hotels and trains may cost: how much is a night, and when may first class be booked?"
USUAL = NamedModel("", "", "", first_token_s=0.6, next_token_s=0.4, retries=0, total_s=8)


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
def charlie():
    library()
    return person("charlie@example.com")


@pytest.fixture
def use(settings, server):
    """Configures models by name, as an operator's file does; routes as keywords."""

    def use(models: dict[str, str], **routes: list[str]) -> None:
        lines = [f'[models.{name}]\nbase_url = "{server.url}"\nmodel = "{model}"' for name, model in models.items()]
        lines += ["[routes]", *(f"{route} = {names}" for route, names in routes.items())]
        settings.ATTEST_MODELS = read_models("\n".join(lines), USUAL, has_default=False, secret=lambda _: "")
        registry.forget()

    return use


def ends(answer):
    return [(each["name"], each["ended"]) for each in answer.attempts]


def counted(server, model):
    return sum(request.body.get("model") == model for request in server.requests)


def test_the_next_model_answers_unseen_when_the_first_is_down(use, charlie):
    use({"first": "mock-500-a", "second": "mock-cite-b"}, answer=["first", "second"])
    answer, events = asked(charlie, HOTELS)
    assert (answer.outcome, answer.notice, answer.model) == (Outcome.ANSWERED, "", "mock-cite-b")
    assert ends(answer) == [("first", "Unavailable"), ("second", "answered")]
    assert not any(isinstance(event, Restart) for event in events)
    assert streamed(events) == answer.text


def test_every_attempt_is_recorded_with_its_times_and_tokens(use, charlie):
    use({"first": "mock-hang-a", "second": "mock-cite-ttft100-b"}, answer=["first", "second"])
    answer, _ = asked(charlie, HOTELS)
    first, second = answer.attempts
    assert (first["task"], first["route"], first["ended"], first["first_token_ms"]) == (
        "answer", "answer", "Timeout", None,
    )  # fmt: skip
    assert 550 < first["ms"] < 1500
    assert second["began_ms"] > first["ms"]
    assert 90 < second["first_token_ms"] < second["ms"]
    assert second["prompt_tokens"] > 50
    assert second["completion_tokens"] > 5


def test_a_stream_that_breaks_off_is_withdrawn_and_the_next_model_writes_it_anew(use, charlie):
    use({"first": "mock-cite-cut8-a", "second": "mock-cite-b"}, answer=["first", "second"])
    answer, events = asked(charlie, HOTELS)
    assert (answer.outcome, answer.model, answer.notice) == (Outcome.ANSWERED, "mock-cite-b", "")
    assert ends(answer) == [("first", "Unavailable"), ("second", "answered")]
    restart = next(index for index, event in enumerate(events) if isinstance(event, Restart))
    assert streamed(events[:restart]), "words were shown before it broke off"
    assert streamed(events[restart:]) == answer.text
    assert answer.citations.count() == len(set(answer.citations.values_list("marker", flat=True)))


def test_when_every_model_breaks_off_the_documents_are_quoted(use, charlie):
    use({"first": "mock-cite-cut8-a", "second": "mock-cite-hang6-b"}, answer=["first", "second"])
    answer, events = asked(charlie, HOTELS)
    assert (answer.outcome, answer.mode) == (Outcome.DEGRADED, Answer.Mode.EXTRACTIVE)
    assert "140 euros" in answer.text
    assert sum(isinstance(event, Restart) for event in events) == 2
    assert ends(answer) == [("first", "Unavailable"), ("second", "Timeout")]
    assert isinstance(events[-1], Done)


@pytest.mark.timed
def test_a_failing_model_is_soon_left_alone_and_answers_come_at_once(use, server, charlie, settings):
    settings.ATTEST_BREAKER_FAILURES = 2
    use({"only": "mock-hang-c"}, answer=["only"])
    for _ in range(2):
        asked(charlie, HOTELS)
    before = counted(server, "mock-hang-c")
    began = time.monotonic()
    answer, _ = asked(charlie, HOTELS)
    assert answer.attempts[-1]["ended"] == "CircuitOpen"
    assert time.monotonic() - began < 3
    assert counted(server, "mock-hang-c") == before
    assert answer.outcome == Outcome.DEGRADED
    assert breaker_of(all_models()[0]).circuit().state(time.time()) is State.OPEN


@pytest.mark.parametrize(
    ("model", "notice", "error"),
    [("mock-repeat-d", MODEL_LOOPED, "Repetitive"), ("mock-lang-d", MODEL_FOREIGN, "WrongLanguage")],
)
def test_a_reply_that_is_no_good_is_replaced_and_the_reason_said(use, charlie, model, notice, error):
    use({"only": model}, answer=["only"])
    answer, _ = asked(charlie, HOTELS)
    assert (answer.outcome, answer.error) == (Outcome.DEGRADED, error)
    assert answer.notice.startswith(notice)
    assert "140 euros" in answer.text


@pytest.mark.parametrize("model", ["mock-repeat-e", "mock-lang-e", "mock-empty-e", "mock-malformed-e", "mock-404-e"])
def test_a_reply_that_is_no_good_is_asked_for_elsewhere(use, charlie, model):
    use({"first": model, "second": "mock-cite-e"}, answer=["first", "second"])
    answer, _ = asked(charlie, HOTELS)
    assert (answer.outcome, answer.model) == (Outcome.ANSWERED, "mock-cite-e")


def test_an_answer_cut_for_its_length_ends_at_a_sentence_and_says_so(use, charlie):
    use({"only": "mock-cite-cutlen24"}, answer=["only"])
    answer, _ = asked(charlie, HOTELS)
    assert answer.outcome == Outcome.CAVEAT
    assert CUT_SHORT in answer.notice
    assert answer.text.rstrip().endswith((".", "]"))
    assert {f"[{each.marker}]" for each in answer.citations.all()} == {"[1]"}


def test_a_hard_question_goes_to_its_own_route(use, charlie):
    use({"small": "mock-cite-f", "large": "mock-cite-g"}, answer=["small"], answer_hard=["large"])
    plain, _ = asked(charlie, HOTELS)
    assert plain.model == "mock-cite-f"
    assert {each["route"] for each in plain.attempts} == {"answer"}
    hard, _ = asked(charlie, HARD + " Please name the limits, the exceptions and who has to approve what beforehand.")
    assert hard.model == "mock-cite-g"


def test_the_model_is_full_so_the_next_one_is_asked(use, charlie, server, settings):
    use({"first": "mock-cite-h", "second": "mock-cite-i"}, answer=["first", "second"])
    limited = {
        name: NamedModel(name, server.url, each.model, max_concurrent=1, wait_s=0.1)
        for name, each in settings.ATTEST_MODELS.models.items()
    }
    settings.ATTEST_MODELS = type(settings.ATTEST_MODELS)(limited, settings.ATTEST_MODELS.routes)
    from app.providers.slots import Slots

    assert Slots(breaker_of(all_models()[0]).name, 1, longest_s=30).take()
    answer, _ = asked(charlie, HOTELS)
    assert ends(answer) == [("first", "Busy"), ("second", "answered")]


@pytest.fixture
def no_valkey(monkeypatch):
    """Valkey is gone for what models share."""
    import redis

    monkeypatch.setattr(
        shared_state.shared_values(), "_client",
        lambda: redis.Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2),
    )  # fmt: skip


@pytest.mark.usefixtures("no_valkey")
def test_without_valkey_answers_and_breakers_go_on(use, charlie, settings):
    settings.ATTEST_BREAKER_FAILURES = 2
    use({"first": "mock-500-j", "second": "mock-cite-j"}, answer=["first", "second"])
    for _ in range(3):
        answer, _ = asked(charlie, HOTELS + " ")
        assert answer.outcome == Outcome.ANSWERED
    assert ends(answer)[-2][1] in ("CircuitOpen", "Unavailable")


@pytest.fixture
def embedding_down(settings, free_port):
    """The library was indexed by the local model; the query encoder is an endpoint that is gone."""

    def down(monkeypatch):
        from app.providers.errors import Unavailable
        from app.providers.guarded_endpoint import GuardedEncoder
        from app.providers.openai_encoder import OpenAIEncoder

        local = registry.get_encoder()
        settings.ATTEST_ENCODER_BASE_URL = f"http://127.0.0.1:{free_port}/v1"
        remote = OpenAIEncoder(
            local.name, base_url=settings.ATTEST_ENCODER_BASE_URL, api_key="", dimensions=local.dimensions,
            query_timeout_s=0.5,
        )  # fmt: skip
        guarded = GuardedEncoder(remote, registry.encoder_breaker(), retries=0)
        monkeypatch.setattr(registry, "_encoder", functools.cache(lambda *origin: guarded))
        with pytest.raises(Unavailable):
            guarded.encode_query("x")

    return down


def test_words_alone_still_answer_when_embedding_is_down(charlie, embedding_down, monkeypatch):
    embedding_down(monkeypatch)
    before = KEYWORD_ONLY_SEARCHES._value.get()
    answer, _ = asked(charlie, HOTELS)
    assert answer.outcome == Outcome.DEGRADED
    assert WORDS_ALONE in answer.notice
    assert "140 euros" in answer.text
    assert KEYWORD_ONLY_SEARCHES._value.get() == before + 1


def test_words_alone_do_not_make_answers_up(charlie, embedding_down, monkeypatch):
    embedding_down(monkeypatch)
    answer, _ = asked(charlie, "Who won the football championship in Madrid?")
    assert answer.outcome == Outcome.NOT_FOUND
    assert answer.text == ""


def test_a_model_answers_from_what_words_alone_found_and_the_caveat_is_said(use, charlie, embedding_down, monkeypatch):
    use({"only": "mock-cite-k"}, answer=["only"])
    embedding_down(monkeypatch)
    answer, _ = asked(charlie, HOTELS)
    assert (answer.outcome, answer.mode) == (Outcome.CAVEAT, Answer.Mode.MODEL)
    assert WORDS_ALONE in answer.notice
    assert "140 euros" in answer.text


def test_words_alone_find_only_what_the_reader_may_read(charlie, embedding_down, monkeypatch):
    embedding_down(monkeypatch)
    answer, _ = asked(charlie, "What is the marketing budget for 2026?")
    assert "480,000" not in answer.text
    assert not answer.evidence.filter(title__icontains="budget").exists()


@pytest.mark.parametrize("model", ["mock-500", "mock-hang", "mock-html", "mock-malformed", "mock-empty", "mock-cut"])
def test_a_reranker_that_fails_changes_nothing_but_the_order(charlie, server, settings, model):
    settings.ATTEST_RERANKER_BASE_URL, settings.ATTEST_RERANKER_MODEL = server.url, f"{model}-reranker"
    settings.ATTEST_RERANKER_TIMEOUT_S = 0.3
    registry.forget()
    answer, _ = asked(charlie, HOTELS)
    assert answer.outcome == Outcome.ANSWERED
    assert "140 euros" in answer.text
    assert counted(server, f"{model}-reranker") == 1
