"""The gate over the living set: what people found right stays right, or it fails and names the answers."""

from decimal import Decimal
from io import StringIO
from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command

from app.answers.tests.asked import add, person
from app.audit.models import AuditEvent
from app.corpus.access import reader_for
from app.corpus.models import Document
from app.quality.models import AcceptedRun, CaseResult, EvaluationRun
from evals.gate.living import FEWEST
from evals.living.cases import living_set
from evals.living.judging import CITES, judged
from evals.living.run import known_of
from evals.living.tests.graded import HOTEL, THINGS, answers_to, lending_desk, reviewer, shelf
from evals.metrics.answers import Cited
from evals.runner.asking import Heard
from retrieval.search import search_with_terms

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


def graded(most=None):
    """An answer about each thing of the lending desk, all graded best: their review items by their thing."""
    _, questions = lending_desk(shelf()["open"])
    ann, rita = person("ann@example.com"), reviewer()
    items = {
        thing: answers_to(ann, question, rita) for thing, question in list(zip(THINGS, questions, strict=True))[:most]
    }
    for thing, item in items.items():
        assert thing in item.answer.text
    return items


def gate(*options: str) -> tuple[bool, str]:
    """Whether it fails, and all that it says."""
    out = StringIO()
    try:
        call_command("eval_gate", "--living", *options, stdout=out)
    except CommandError as error:
        return True, out.getvalue() + str(error)
    return False, out.getvalue()


def accept(reason: str, **options: object) -> None:
    call_command("accept_baseline", "--living", reason=reason, stdout=StringIO(), **options)


def that_loses(*things: str):
    """A search that finds nothing of these things, as an index with a fault would."""

    def search(query, reader, **options):
        found = search_with_terms(query, reader, **options)
        if any(thing in query for thing in things):
            found.passages.clear()
        return found

    return patch("app.answers.steps.retrieve.search_with_terms", search)


def test_a_planted_fault_fails_it_by_name_until_somebody_accepts_it_with_a_reason():
    items = graded()
    assert len(items) == 22 >= FEWEST
    failed, said = gate()
    assert not failed, said
    assert said.startswith("living set: passed. Of 22 graded answers people found 22 right; 22 of these are right now.")
    assert "No run over the living set was accepted yet" in said
    run = EvaluationRun.objects.get()
    assert (run.verdict, run.compared_with) == ("passed", "people's verdicts")

    with that_loses("projector", "kayak", "drill"):
        failed, said = gate()
        assert failed
        assert "3 answers that people found right are not any more; 1 of 22 are let pass" in said
        for thing in ("projector", "kayak", "drill"):
            assert f"review-{items[thing].pk}: expected answered, got not_found" in said
            assert thing not in said
        assert f"review-{items['tent'].pk}:" not in said
        assert EvaluationRun.objects.first().verdict == "failed"

        accept("The desk stopped lending these three.")
        assert AuditEvent.objects.get(action="baseline_accepted").details["living"] is True
        held = AcceptedRun.objects.get()
        assert held.reason == "The desk stopped lending these three."
        failed, said = gate()
        assert not failed, said
        assert "Not right when the last run was accepted either (3):" in said
        assert f"Compared with the accepted run {held.run.name}." in said
        assert EvaluationRun.objects.first().compared_with == f"people's verdicts and {held.run.name}"


def test_the_words_of_another_document_are_another_answer():
    (item,) = graded(most=1).values()

    def elsewhere(query, reader, **options):
        return search_with_terms("When does the garden club meet?", reader, **options)

    with (
        patch("app.answers.steps.retrieve.search_with_terms", elsewhere),
        patch("app.answers.steps.quote.THRESHOLD", 0.0),
        patch("app.answers.steps.quote.misses_a_particular", lambda question, passages: False),
    ):
        out = StringIO()
        call_command("evaluate", "--living", stdout=out)
    assert f"review-{item.pk}: cites no passage that people found well cited" in out.getvalue()
    assert CaseResult.objects.get().figures["similarity"] < 0.25


def test_a_copy_that_holds_the_quote_is_as_good_as_the_document():
    graded(most=1)
    source = Document.objects.get(external_id="lending.md").source
    copy = add(source, "copy.md", "# All rules\n\n## Projector\n\nThe projector is lent for 2 days. Nobody pays.\n")
    other = add(source, "other.md", "# Rules\n\nThe projector is heavy.\n")
    (living,) = living_set().cases
    for document, again in ((copy, 1.0), (other, 0.0)):
        heard = told(living.case.reference, Cited(str(document.pk), "The projector"))
        result = judged(living, heard, known_of(living, heard, ""), "extractive")
        assert (result.figures[CITES], result.passed) == (again, bool(again))


def told(text: str, cited: Cited) -> Heard:
    return Heard(
        outcome="answered", mode="extractive", text=text, notice="", error="", retrieved=(cited,),
        keyword_scores=(1.0,), cited=(cited,), dangling=(), verdicts=("supported",), prompt_version="",
        prompt_tokens=0, completion_tokens=0, cost_usd=Decimal(0), steps={},
    )  # fmt: skip


def test_one_passage_that_the_asker_may_not_read_fails_it_however_few_there_are():
    shelf()
    item = answers_to(person("ann@example.com"), HOTEL, reviewer())
    failed, said = gate()
    assert not failed
    assert "That is too few to tell a worse release from chance: from 20 graded answers on" in said
    everything = reader_for(person("fay@example.com", "finance"))

    def unfiltered(query, reader, **options):
        return search_with_terms(f"{query} marketing budget for 2026", everything, **options)

    with patch("app.answers.steps.retrieve.search_with_terms", unfiltered):
        failed, said = gate()
    assert failed
    assert f"access violation: found or cited what the asker may not read: review-{item.pk} (" in said
    with pytest.raises(CommandError, match="is unsafe and cannot be accepted"):
        accept("We can live with that.")


def test_without_graded_answers_it_passes_and_says_so():
    failed, said = gate()
    assert not failed
    assert said.startswith("living set: passed. There are no graded answers to ask yet")
    with pytest.raises(CommandError, match="no such run over the living set"):
        accept("The first of all.")
