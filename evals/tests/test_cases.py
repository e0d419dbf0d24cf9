"""The committed cases pass the linter, and each thing that makes a case worthless is refused with a sentence."""

import json
from collections import Counter
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from app.answers.models import Outcome
from app.ops.sample_company import folder
from app.reviews.case_format import KINDS, OUTCOMES
from evals.cases.case import CaseError, case_of, read_cases, read_lines
from evals.cases.linter import Company, lint
from evals.cases.quoting import stands_in, words_of
from evals.cases.sample_company import sample_company
from ingestion.steps.clean import clean
from ingestion.steps.parse import parse

ALICE, CHARLIE = "alice@fennmark.example", "charlie@fennmark.example"
TEXTS = {
    "open/leave.md": "You may carry **up to five days** into the next year.\n\n| Lincoln | 27 | 8 |",
    "open/travel.md": "A hotel in Lincoln may cost £140 a night.",
    "closed/pay.md": "The director earns £99,000 a year.",
}
COMPANY = Company(
    frozenset((ALICE, CHARLIE)),
    {path: words_of(text) for path, text in TEXTS.items()},
    lambda email, path: email == ALICE or path.startswith("open/"),
)
CASE: dict[str, Any] = {
    "id": "leave-carry-01",
    "question": "How many days may I carry over?",
    "asker": CHARLIE,
    "history": [],
    "expected": "answered",
    "also_accepted": [],
    "reference": "Up to five days.",
    "must": [["five days", "5 days"]],
    "must_not": [],
    "gold": [{"document": "open/leave.md", "quote": "carry up to five days into the next year"}],
    "tags": ["single-fact"],
    "author": "Attest",
    "reviewed": "",
}
WITHOUT_ACCESS: dict[str, Any] = {
    "id": "pay-director-01",
    "question": "What does the director earn?",
    "expected": "not_found",
    "reference": "Charlie may not read it.",
    "must": [],
    "must_not": ["£99,000"],
    "gold": [],
    "tags": ["no-access"],
}
LEAVE, PAY = CASE["gold"][0], {"document": "closed/pay.md", "quote": "earns £99,000 a year"}


def line(**changes):
    return json.dumps({**CASE, **changes}, ensure_ascii=False)


def sentences(tmp_path, *lines, fewest=0, fewest_of_a_kind=0):
    (tmp_path / "some.jsonl").write_text("\n".join(lines), encoding="utf-8")
    found = lint(read_lines(tmp_path), COMPANY, fewest=fewest, fewest_of_a_kind=fewest_of_a_kind)
    return [str(problem) for problem in found]


def as_the_product_reads(path):
    return clean(parse((folder() / "documents" / path).read_bytes(), path)).text


def test_the_committed_cases_have_no_problem():
    assert [str(problem) for problem in lint(read_lines(), sample_company())] == []


def test_every_gold_passage_is_found_in_what_the_product_reads():
    gold = {gold for case in read_cases() for gold in case.gold}
    texts = {path: words_of(as_the_product_reads(path)) for path in {each.document for each in gold}}
    assert [each for each in gold if words_of(each.quote) not in texts[each.document]] == []


def test_somebody_who_has_no_account_may_read_what_everyone_may_and_nothing_else():
    assert sample_company().may_read("nobody@fennmark.example", "handbook/01-welcome.md")
    assert not sample_company().may_read("nobody@fennmark.example", "people/salary-bands-2026.xlsx")


def test_both_halves_hold_cases_of_every_kind():
    kinds = Counter((case.is_tuned_on, tag) for case in read_cases() for tag in case.tags)
    assert [kind for kind in KINDS for half in (True, False) if kinds[half, kind] < 3] == []


def test_two_ways_of_asking_for_one_thing_are_in_one_half():
    halves = {}
    for case in read_cases():
        halves.setdefault(case.topic, set()).add(case.is_tuned_on)
    assert [topic for topic, found in halves.items() if len(found) > 1] == []


def test_outcomes_are_those_of_answers():
    assert set(Outcome.values) - {Outcome.DEGRADED, Outcome.FAILED} == set(OUTCOMES)


def test_a_right_case_passes(tmp_path):
    assert sentences(tmp_path, line(), line(**WITHOUT_ACCESS)) == []


def test_a_case_keeps_what_its_line_says():
    case = case_of(line(derived=True, history=[{"question": "Hello?", "answer": "Hello."}]))
    assert case.must == (("five days", "5 days"),)
    assert case.history[0].answer == "Hello."
    assert case.topic == "leave-carry"
    assert case.accepted == {"answered"}
    assert case.derived


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "some.jsonl, line 1: This is not JSON"),
        ("[]", "A case is a JSON object"),
        (line(mood="good"), "leave-carry-01: There is no field “mood”."),
        (json.dumps({"id": "leave-carry-01"}), "“question”, “reference”, “reviewed”, “tags” is missing."),
        (line(question=" "), "“question” must be a text that says something."),
        (line(must="five"), "“must” must be a list."),
        (line(must=[[]]), "A fact in “must” is a text or a list of accepted spellings."),
        (line(must=[7]), "A fact in “must” is a text or a list of accepted spellings."),
        (line(must=[["five days", ""]]), "A fact in “must” is a text or a list of accepted spellings."),
        (line(must_not=[7]), "“must_not” must be a list of texts."),
        (line(gold=["leave"]), "“gold” must be a list of objects with “document”, “quote”."),
        (line(history=[{"question": "Hello?"}]), "“history” must be a list of objects with “answer”, “question”."),
        (line(derived="yes"), "“derived” must be true or false."),
        (line(id="Leave 1"), "The id is words in small letters"),
        (line(asker="nobody@fennmark.example"), "nobody@fennmark.example is no account of the sample company."),
        (line(expected="perhaps"), "“perhaps” is no outcome."),
        (line(also_accepted=["perhaps"]), "“perhaps” is no outcome."),
        (line(also_accepted=["answered"]), "“answered” is expected and also accepted"),
        (line(tags=["riddle"]), "“riddle” is no kind of case."),
        (line(tags=[]), "It has no tag."),
        (line(tags=["typo", "typo"]), "It has a tag twice."),
        (line(reviewed="yesterday"), "“reviewed” is empty or a date"),
        (line(tags=["follow-up"]), "A follow-up has a history"),
        (line(history=[{"question": "Hello?", "answer": "Hello."}]), "only a follow-up has one"),
        (line(gold=[{**LEAVE, "document": "open/lost.md"}]), "There is no document open/lost.md"),
        (line(gold=[{**LEAVE, "quote": "carry up to five day"}]), "does not stand in open/leave.md."),
        (line(gold=[LEAVE, PAY]), f"{CHARLIE} may not read closed/pay.md."),
        (line(tags=["multi-document"]), "gold passages of at least two"),
        (line(gold=[]), "“gold” and “must” say what is cited and stated."),
        (line(expected="not_found"), "leave “gold” and “must” empty."),
        (line(must=["27"], reference="27"), "The fact “27” stands in no gold passage."),
        (line(reference="A few."), "The reference does not state “five days” or “5 days”"),
        (line(must_not=["5 days"], reference="Up to five days, or 5 days."), "The reference states “5 days”"),
        (line(must_not=["five"]), "“five” must not appear, and “five days” or “5 days” must."),
        (line(**{**WITHOUT_ACCESS, "must_not": []}), "names in “must_not” what the closed document says."),
        (line(**{**WITHOUT_ACCESS, "must_not": ["£99,000", "£140"]}), "but charlie@fennmark.example may read it"),
        (line(**{**WITHOUT_ACCESS, "must_not": ["£77"]}), "Nothing of “must_not” stands in a document that is closed"),
    ],
)
def test_a_wrong_line_is_refused(tmp_path, text, sentence):
    found = sentences(tmp_path, text)
    assert [each for each in found if sentence in each], found


def test_a_fact_that_is_worked_out_need_not_stand_anywhere(tmp_path):
    assert sentences(tmp_path, line(must=["35"], reference="27 and 8 are 35.", derived=True)) == []


def test_an_id_is_taken_once(tmp_path):
    found = sentences(tmp_path, line(), line(question="What may a hotel cost in another town?"))
    assert found == ["some.jsonl, line 2, leave-carry-01: The id is taken by some.jsonl, line 1."]


@pytest.mark.parametrize("question", ["How many days may I carry over?", "how many days may I carry over now"])
def test_nearly_the_same_question_of_one_asker_is_refused(tmp_path, question):
    found = sentences(tmp_path, line(), line(id="leave-carry-02", question=question))
    assert len(found) == 1
    assert f"{CHARLIE} asks nearly the same in leave-carry-01" in found[0]


def test_another_asker_or_another_conversation_may_ask_the_same(tmp_path):
    after = {"tags": ["follow-up"], "history": [{"question": "Is there sick pay in Groningen?", "answer": "Yes."}]}
    other, later = line(id="leave-carry-02", asker=ALICE), line(id="leave-carry-03", **after)
    assert sentences(tmp_path, line(), other, later) == []


def test_too_few_cases_or_too_few_of_a_kind_are_refused(tmp_path):
    found = sentences(tmp_path, line(), fewest=2, fewest_of_a_kind=1)
    assert "There are 1 cases; at least 2 are needed." in found
    assert "There are 0 cases of the kind typo; at least 1 are needed." in found


def test_words_are_found_across_table_marks_and_lines_but_never_as_parts_of_words():
    assert stands_in("Lincoln 27 8", TEXTS["open/leave.md"])
    assert stands_in("IT-19.", "Fill in form IT-19 .\n")
    assert not stands_in("7", "27")


def test_reading_stops_at_a_line_that_is_no_case(tmp_path):
    (tmp_path / "some.jsonl").write_text(line() + "\n\n{", encoding="utf-8")
    with pytest.raises(CaseError, match=r"some\.jsonl, line 3: This is not JSON"):
        read_cases(tmp_path)


def test_the_command_says_that_all_is_well_and_counts_by_kind_and_half():
    said, counted = StringIO(), StringIO()
    call_command("lint_cases", stdout=said)
    call_command("lint_cases", "--count", stdout=counted)
    assert "cases, no problem." in said.getvalue()
    assert "| kind | cases | tuning half | reporting half |" in counted.getvalue()
    assert f"| all | {len(read_cases())} |" in counted.getvalue()


def test_a_draw_shows_questions_and_nothing_of_what_is_expected():
    first, again = StringIO(), StringIO()
    call_command("lint_cases", draw=30, stdout=first)
    call_command("lint_cases", draw=30, seed=7, stdout=again)
    rows, cases = first.getvalue().splitlines(), {case.id: case for case in read_cases()}
    assert len(rows) == 30
    assert first.getvalue() == again.getvalue()
    for row in rows:
        case = cases[row.partition(" · ")[0]]
        assert row.endswith(case.question)
        assert case.reference not in row


def test_the_command_fails_with_the_sentences(tmp_path):
    (tmp_path / "some.jsonl").write_text("{", encoding="utf-8")
    with pytest.raises(CommandError, match=r"some\.jsonl, line 1: This is not JSON"):
        call_command("lint_cases", cases=tmp_path)
    with pytest.raises(CommandError, match="is no folder"):
        call_command("lint_cases", cases=tmp_path / "lost")
