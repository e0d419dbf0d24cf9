"""Whole answers of models that invent and cite wrongly: nothing unsupported reaches the reader unmarked."""

import re

import pytest
from prometheus_client import REGISTRY

from app.answers.checking.quantities import quantities_in
from app.answers.models import Answer, AnswerSentence, Outcome
from app.answers.steps.check_sentences import UNSUPPORTED_MARK
from app.answers.tests.asked import add, asked, library, person, streamed
from app.corpus.models import Source
from app.providers import registry
from app.providers.tests.misbehaving_server import MisbehavingServer
from app.providers.tests.mock_replies import INVENTED

pytestmark = pytest.mark.django_db(transaction=True)
HOTELS = "How much may a hotel cost a night?"
QUESTIONS = (HOTELS, "In which class are trains booked?", "When does the garden club meet?")
Verdict = AnswerSentence.Verdict
FAILED = {Verdict.UNSUPPORTED, Verdict.UNCITED}


@pytest.fixture(scope="module")
def server():
    with MisbehavingServer() as server:
        yield server


@pytest.fixture
def use(server, settings):
    registry.forget()

    def use(name: str) -> None:
        settings.LLM_BASE_URL, settings.LLM_MODEL, settings.LLM_API_KEY = server.url, name, "key"
        settings.LLM_MAX_RETRIES = 0
        registry.forget()

    yield use
    registry.forget()


@pytest.fixture
def charlie():
    library()
    return person("charlie@example.com")


def sentences_of(answer: Answer) -> list[tuple[str, AnswerSentence]]:
    return [(answer.text[each.start : each.end], each) for each in answer.sentences.all()]


def documents_of(answer: Answer) -> str:
    return "\n".join(each.version.text for each in answer.evidence.select_related("version") if each.version)


def is_in(text: str, documents: str) -> bool:
    """Whether every figure and every invented name of the text stands in the documents."""
    held = quantities_in(documents)
    figures = quantities_in(re.sub(r"\[\d+\]", "", text))
    return all(any(one.same_as(other) for other in held) for one in figures) and not any(
        name in text and name not in documents for name in INVENTED
    )


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("seed", range(3))
def test_what_a_model_invents_never_reaches_the_reader(use, charlie, question, seed):
    use(f"mock-invent-seed{seed}")
    answer, events = asked(charlie, question)
    assert streamed(events) != answer.text
    assert is_in(answer.text, documents_of(answer))
    assert all(row.verdict not in FAILED for _, row in sentences_of(answer))
    assert answer.outcome in {Outcome.DEGRADED, Outcome.ANSWERED, Outcome.CAVEAT, Outcome.NOT_FOUND}
    assert answer.notice


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_a_model_invents_is_marked_where_it_is_to_be_marked(use, charlie, settings, question):
    settings.ATTEST_UNSUPPORTED = "mark"
    use("mock-invent-cite")
    answer, _ = asked(charlie, question)
    documents = documents_of(answer)
    for text, row in sentences_of(answer):
        if not is_in(text, documents):
            assert row.verdict in FAILED
            assert row.problems or row.verdict == Verdict.UNCITED
        assert text.endswith(UNSUPPORTED_MARK) == (row.verdict in FAILED)


BOATS = {
    "row.md": "# Row boats\n\nRow boats of the harbour may be hired by everyone for 30 euros an hour.",
    "sail.md": "# Sailing boats\n\nSailing boats of the harbour may be hired by members who hold a licence.",
    "motor.md": "# Motor boats\n\nMotor boats of the harbour may be hired with a skipper from May to September.",
}


def test_wrong_markers_are_put_right(use, charlie):
    for name, text in BOATS.items():
        add(Source.objects.get(name="Handbook"), name, text)
    use("mock-wrongcite")
    answer, _ = asked(charlie, "Who may hire boats of the harbour?")
    assert answer.mode == Answer.Mode.MODEL
    cited = {each.marker: each for each in answer.citations.select_related("evidence__version__document")}
    rows = [(text, row) for text, row in sentences_of(answer) if row.verdict != Verdict.NO_CLAIM]
    assert len(rows) == 2
    assert any(row.repaired for _, row in rows)
    for text, row in rows:
        assert row.verdict == Verdict.SUPPORTED
        kind = text.split()[0].lower()
        assert [cited[marker].evidence.title for marker in row.markers] == [f"{kind.title()} boats"]
    assert [int(number) for number in dict.fromkeys(re.findall(r"\[(\d+)\]", answer.text))] == sorted(cited)
    for citation in cited.values():
        version = citation.evidence.version
        assert version.text[citation.start : citation.end] == citation.quote


def test_an_honest_answer_is_left_as_it_is(use, charlie):
    use("mock-cite")
    answer, events = asked(charlie, HOTELS)
    assert (answer.text, answer.outcome) == (streamed(events), Outcome.ANSWERED)
    assert {row.verdict for _, row in sentences_of(answer)} == {Verdict.SUPPORTED}
    assert answer.confidence > 0.5


def test_a_quoted_answer_is_supported_as_it_stands(charlie):
    answer, _ = asked(charlie, HOTELS)
    assert answer.mode == Answer.Mode.EXTRACTIVE
    rows = sentences_of(answer)
    assert {row.verdict for _, row in rows} == {Verdict.SUPPORTED}
    assert "".join(text for text, _ in rows).replace("\n", "") == answer.text.replace("\n", "")


def test_sentences_are_counted_by_verdict(use, charlie):
    def counted() -> float:
        return REGISTRY.get_sample_value("attest_answer_sentences_total", {"verdict": "unsupported"}) or 0.0

    before = counted()
    use("mock-invent")
    asked(charlie, HOTELS)
    assert counted() > before


def test_a_source_that_says_otherwise_is_shown_beside_the_one_a_model_cites(use, charlie, settings):
    add(
        Source.objects.get(name="Handbook"),
        "travel-old.md",
        "# Old travel policy\n\nEmployees may book a hotel for up to 110 euros a night.",
    )
    use("mock-cite")
    answer, _ = asked(charlie, HOTELS)
    assert answer.outcome == Outcome.CONFLICT
    assert "140 euros" in answer.text
    assert "110 euros" in answer.text
    assert "last changed" in answer.notice or "Sources differ" in answer.notice


def test_the_half_of_a_question_that_nothing_answers_is_named(charlie):
    answer, _ = asked(charlie, "How much may a hotel cost a night, and who repairs broken bicycle chains?")
    assert answer.outcome in {Outcome.CAVEAT, Outcome.NOT_FOUND}
    if answer.outcome == Outcome.CAVEAT:
        assert "bicycle chains" in answer.notice
