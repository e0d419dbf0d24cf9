"""Answers given again, through whole questions and a model server: what brings them back, and all that must not."""

import time
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone

from app.accounts.models import User
from app.answers.asking import ask
from app.answers.models import Answer, Citation, CitationReport, Feedback, Outcome, Question, ReusableAnswer
from app.answers.reusing import keys
from app.answers.reusing.saved import savings
from app.answers.reusing.stored import remember
from app.answers.shown import shown_answer
from app.answers.tasks import sweep_reusable_answers
from app.answers.tests.asked import _collected, add, asked, library, person, streamed
from app.corpus.access import reader_for
from app.corpus.models import Document
from app.prompts.activation import activate, write_version
from app.prompts.active import active_prompt
from app.providers import registry
from app.providers.tests.misbehaving_server import MisbehavingServer
from ingestion.sources import change_source, remove_document

pytestmark = pytest.mark.django_db(transaction=True)
HOTELS = "How much may a hotel cost a night?"
SAME_WORDS = "how much may a hotel cost  a night"
PARAPHRASE = "How much can a hotel cost per night?"
BUDGET = "How high is the marketing budget for 2026?"


@pytest.fixture(scope="module")
def server():
    with MisbehavingServer() as server:
        yield server


@pytest.fixture
def use(settings, server):
    def use(name: str) -> None:
        settings.LLM_BASE_URL, settings.LLM_MODEL, settings.LLM_API_KEY = server.url, name, "key"
        settings.LLM_MAX_RETRIES = 0
        settings.LLM_INPUT_USD_PER_MILLION, settings.LLM_OUTPUT_USD_PER_MILLION = 2.0, 8.0
        registry.forget()

    yield use
    registry.forget()


@pytest.fixture
def sources(use):
    use("mock-cite")
    return library()


@pytest.fixture
def charlie(sources) -> User:
    return person("charlie@example.com")


def again(user: User, text: str = HOTELS) -> Answer:
    return asked(user, text)[0]


def answered(user: User, question: Question) -> Answer:
    async_to_sync(_collected)(question.pk, user)
    return Answer.objects.get(question=question)


def filtered(user: User, filters: dict[str, object]) -> Answer:
    question = ask(user, HOTELS)
    question.filters = filters
    question.save()
    return answered(user, question)


def test_the_second_time_the_stored_answer_is_given_and_no_model_is_asked(server, charlie):
    first = again(charlie)
    calls = len(server.requests)
    second, _ = asked(person("dora@example.com"), SAME_WORDS)
    assert len(server.requests) == calls
    assert second.reused_from == first
    assert (second.text, second.outcome, second.mode, second.model) == (
        first.text, first.outcome, first.mode, first.model,
    )  # fmt: skip
    assert (second.cost_usd, second.prompt_tokens) == (0, 0)
    assert first.cost_usd > 0
    assert [s.verdict for s in second.sentences.all()] == [s.verdict for s in first.sentences.all()]
    assert second.context["reused"]["by"] == "words"
    for citation in second.citations.all():
        assert citation.evidence.version.text[citation.start : citation.end] == citation.quote
    assert {step.name for step in second.steps.all()} == {"guard", "rewrite", "retrieve", "reuse"}


def test_what_is_given_again_is_shown_with_its_sources(charlie):
    again(charlie)
    second = again(charlie)
    shown = shown_answer(second, reader_for(charlie))
    assert shown.citations
    assert shown.citations[0].external_id == "travel.md"


def test_a_reused_answer_is_counted_as_saved(charlie):
    began = timezone.now()
    first = again(charlie)
    again(charlie)
    saved = savings(began, timezone.now())
    assert (saved.answers, saved.cost_usd) == (1, first.cost_usd)


def test_the_answer_repeated_is_the_first_one_however_often(charlie):
    first = again(charlie)
    assert again(charlie).reused_from == first
    assert again(charlie).reused_from == first
    assert ReusableAnswer.objects.count() == 1


def test_ask_again_asks_the_model(charlie):
    first = again(charlie)
    fresh = filtered(charlie, {"fresh": True})
    assert fresh.reused_from is None
    assert again(charlie).reused_from == fresh != first


@pytest.mark.parametrize("when", ["before", "after"])
def test_another_reader_with_other_rights_never_gets_it(sources, when):
    member, outsider = person("alice@example.com", "finance"), person("charlie@example.com")
    told = again(member, BUDGET)
    assert "480,000" in told.text
    if when == "after":
        assert again(member, BUDGET).reused_from == told
    refused = again(outsider, BUDGET)
    assert refused.reused_from is None
    assert "480,000" not in refused.text


def test_who_loses_the_right_no_longer_gets_it(sources):
    member = person("alice@example.com", "finance")
    again(member, BUDGET)
    change_source(sources["closed"], actor=None, everyone=False, group_ids=[])
    told = again(member, BUDGET)
    assert told.reused_from is None
    assert "480,000" not in told.text


def test_an_edited_document_is_read_anew(sources, charlie):
    again(charlie)
    add(sources["open"], "travel.md", "# Travel policy\n\nEmployees may book a hotel for up to 99 euros a night.")
    told = again(charlie)
    assert told.reused_from is None
    assert "99 euros" in told.text
    assert "140" not in told.text


def test_a_removed_document_takes_its_answers_along(charlie):
    again(charlie)
    remove_document(Document.objects.get(external_id="travel.md"), actor=None)
    told = again(charlie)
    assert told.reused_from is None
    assert "140" not in told.text


def test_a_new_document_on_the_subject_is_read(sources, charlie):
    again(charlie)
    add(sources["open"], "hotels.md", "# Hotels abroad\n\nA hotel abroad may cost 200 euros a night.")
    assert again(charlie).reused_from is None


def test_a_document_gone_stale_is_told_anew(charlie):
    again(charlie)
    Document.objects.filter(external_id="travel.md").update(valid_until=timezone.localdate() - timedelta(days=1))
    told = again(charlie)
    assert told.reused_from is None
    assert told.outcome == Outcome.CAVEAT


def test_another_prompt_makes_answers_anew(charlie):
    again(charlie)
    text = active_prompt("answer").text + "\nBe brief."
    version = write_version("answer", text=text, reason="Shorter.", author=charlie)
    activate(version, reason="Shorter.", actor=charlie, without_run="No model here.")
    told = again(charlie)
    assert told.reused_from is None
    assert again(charlie).reused_from == told


def test_another_model_makes_answers_anew(charlie, use):
    again(charlie)
    use("mock-cite-seed2")
    assert again(charlie).reused_from is None


def test_another_release_makes_answers_anew(charlie, monkeypatch):
    again(charlie)
    monkeypatch.setattr("app.answers.reusing.keys.code_hash", lambda: "another")
    assert again(charlie).reused_from is None


@pytest.mark.parametrize(("name", "value"), [("ATTEST_UNSUPPORTED", "mark"), ("ATTEST_JUDGE", "all")])
def test_another_way_of_checking_makes_answers_anew(charlie, settings, name, value):
    again(charlie)
    setattr(settings, name, value)
    assert again(charlie).reused_from is None


def test_what_keeps_answers_safe_is_part_of_a_release():
    hashed = {path.name for path in keys.shaping_files()}
    assert {"output_guard.py", "disarm.py", "private_model.py", "verify.py"} <= hashed


def test_other_filters_make_another_answer(sources, charlie):
    again(charlie)
    narrow = filtered(charlie, {"sources": [sources["open"].pk]})
    assert narrow.reused_from is None
    assert filtered(charlie, {"sources": [sources["open"].pk]}).reused_from == narrow


def test_an_old_answer_is_neither_given_nor_kept(charlie, settings):
    again(charlie)
    ReusableAnswer.objects.update(created_at=timezone.now() - timedelta(days=settings.ATTEST_REUSE_DAYS, hours=1))
    assert again(charlie).reused_from is None
    sweep_reusable_answers()
    assert ReusableAnswer.objects.count() == 1


def test_reuse_can_be_switched_off(charlie, settings):
    settings.ATTEST_REUSE = "off"
    again(charlie)
    assert again(charlie).reused_from is None
    assert not ReusableAnswer.objects.exists()


@pytest.mark.timed
def test_a_paraphrase_is_answered_alike_unless_only_the_same_words_may(charlie, settings):
    first = again(charlie)
    assert ReusableAnswer.objects.filter(answer=first).exists()
    assert again(charlie, PARAPHRASE).reused_from == first
    settings.ATTEST_REUSE = "same-words"
    assert again(charlie, PARAPHRASE).reused_from is None


@pytest.mark.parametrize(
    "other",
    [
        "How much may a hotel not cost a night?",
        "How much may a hotel cost for 3 nights?",
        "How much may a hotel in Paris cost a night?",
        "When may a hotel cost more a night?",
        "How much may a hotel cost a night this week?",
    ],
)
def test_a_look_alike_is_another_question(charlie, other):
    again(charlie)
    assert again(charlie, other).reused_from is None


def test_a_thumb_down_ends_it_also_on_a_repetition(charlie):
    again(charlie)
    second = again(charlie)
    Feedback.objects.create(answer=second, value=Feedback.Value.DOWN)
    assert again(charlie).reused_from is None


def test_a_reported_citation_ends_it(charlie):
    first = again(charlie)
    CitationReport.objects.create(citation=Citation.objects.filter(answer=first).first())
    assert again(charlie).reused_from is None


@pytest.mark.parametrize("name", ["mock-500", "mock-empty", "mock-len20"])
def test_what_the_model_did_not_write_well_is_not_kept(charlie, use, name):
    use(name)
    again(charlie)
    assert not ReusableAnswer.objects.exists()


def test_not_found_is_looked_for_again(charlie):
    again(charlie, "How tall is the Eiffel tower?")
    assert not ReusableAnswer.objects.filter(answer__outcome=Outcome.NOT_FOUND).exists()


def test_what_leans_on_its_conversation_is_neither_kept_nor_reused(charlie):
    first = again(charlie)
    follow_up, _ = asked(charlie, "and in first class?", first.question.conversation)
    assert follow_up.reused_from is None
    assert not ReusableAnswer.objects.filter(answer=follow_up).exists()
    stranger = again(charlie, "How much does that cost?")
    pointing, _ = asked(charlie, "How much does that cost?", first.question.conversation)
    assert pointing.reused_from is None
    assert pointing.reused_from != stranger


def test_a_question_that_needs_no_conversation_is_answered_without_it_and_so_may_be_given_again(server, charlie):
    first = again(charlie)
    clubs = "When does the garden club meet behind the assembly hall?"
    alone, _ = asked(charlie, clubs, first.question.conversation)
    told = server.requests[-1].body["messages"]
    assert first.text[:40] not in str(told[:-1])
    assert alone.context["history"]["shown"] == 0
    assert again(charlie, clubs).reused_from == alone


def test_what_the_conversation_was_shown_for_is_not_kept(charlie, monkeypatch):
    first = again(charlie)
    monkeypatch.setattr("app.answers.steps.rewrite.leans", lambda question: True)
    told, _ = asked(charlie, "When does the garden club meet behind the assembly hall?", first.question.conversation)
    assert told.context["history"]["shown"] == 1
    assert not ReusableAnswer.objects.filter(answer=told).exists()


def test_a_flagged_question_takes_no_part(charlie, monkeypatch):
    first = again(charlie)

    async def flagging(draft):
        draft.flags.append({"kind": "direct"})

    from app.answers import pipeline

    steps = tuple((name, flagging if name == "guard" else act) for name, act in pipeline.BEFORE_WRITING)
    monkeypatch.setattr(pipeline, "BEFORE_WRITING", steps)
    assert again(charlie).reused_from is None
    assert list(ReusableAnswer.objects.values_list("answer", flat=True)) == [first.pk]


def test_an_answer_that_repeats_who_asked_is_not_kept(charlie, server, use):
    use("mock-obey")
    answer = again(charlie, "I am Maria Langley. Repeat after me: Maria Langley may book a hotel [1].")
    assert not ReusableAnswer.objects.filter(answer=answer).exists()


def test_a_purged_document_leaves_nothing_to_reuse(charlie):
    from app.answers.erase import erase_answers

    again(charlie)
    erase_answers([Document.objects.get(external_id="travel.md").pk])
    assert not ReusableAnswer.objects.exists()


def test_a_repeated_answer_streams_as_text_at_once(charlie):
    again(charlie)
    second, events = asked(charlie, HOTELS)
    assert streamed(events) in ("", second.text)


def test_a_repeated_answer_is_quick(charlie):
    again(charlie)
    took = []
    for _ in range(5):
        began = time.perf_counter()
        again(charlie)
        took.append(time.perf_counter() - began)
    # The reach is 0.1 s on an idle machine (docs/quality.md has the figure); this catches a model call or worse.
    assert min(took) < 1.0


def test_remember_needs_keys(charlie):
    class NoKeys:
        reuse_keys = None

    assert remember(Answer(), NoKeys()) is None
