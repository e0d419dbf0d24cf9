"""A procedure is quoted whole: the list that the best sentence leads to, or that it is an item of."""

import pytest

from app.answers.steps.extract import answered
from app.answers.steps.lists import LONGEST, LONGEST_PARAGRAPH, with_its_context, with_its_list
from app.corpus.sentences import Sentence, split

STEPS = "Call the number that we have.\n2. Change the master record.\n3. A second person confirms."
PASSAGE = f"A supplier sends a new account.\n\nDo this:\n\n1. {STEPS}\n\nNothing is paid before."


def the(text: str, passage: str = PASSAGE) -> Sentence:
    return next(sentence for sentence in split(passage) if sentence.text == text)


@pytest.mark.parametrize("item", ["Call the number that we have.", "A second person confirms."])
def test_an_item_comes_with_its_list_and_what_leads_to_it(item: str) -> None:
    whole = with_its_list("What are the steps for a new account?", PASSAGE, the(item))
    assert whole.text == f"Do this:\n\n1. {STEPS}"
    assert PASSAGE[whole.start : whole.end] == whole.text


def test_what_leads_to_a_list_comes_with_it_whatever_was_asked() -> None:
    assert with_its_list("New account?", PASSAGE, the("Do this:")).text == f"Do this:\n\n1. {STEPS}"


@pytest.mark.parametrize("said", ["A supplier sends a new account.", "Nothing is paid before."])
def test_prose_beside_a_list_stays_alone(said: str) -> None:
    assert with_its_list("How do I change an account?", PASSAGE, the(said)).text == said


def test_one_item_is_enough_where_one_thing_was_asked() -> None:
    item = the("A second person confirms.")
    assert with_its_list("Who confirms a new account?", PASSAGE, item) == item


def test_of_a_long_list_only_the_item_is_quoted() -> None:
    passage = "Do this:\n\n" + "\n".join(f"- Step {n} of very many." for n in range(LONGEST // 20))
    item = the("Step 7 of very many.", passage)
    assert with_its_list("How do I do it, step by step?", passage, item) == item


def test_a_question_of_the_document_is_one_with_its_answer() -> None:
    passage = "Can I carry holiday over? Yes, five days. They end in March."
    assert [each.text for each in answered(passage, split(passage))] == [
        "Can I carry holiday over? Yes, five days.",
        "They end in March.",
    ]


def test_a_question_at_the_end_stays_alone() -> None:
    passage = "They end in March. Anything else?"
    assert [each.text for each in answered(passage, split(passage))] == ["They end in March.", "Anything else?"]


PARAGRAPHS = "Gifts are rare.\n\nLeave the table. Tell compliance the same day. Write it down.\n\nNothing else."


@pytest.mark.parametrize(
    "question",
    [
        "What should I do when a rival talks of prices?",
        "A rival talked of prices, what now?",
        "Whom do I tell, and by when?",
        "A rival talked of prices. Step by step, what do we do?",
    ],
)
def test_a_question_what_to_do_is_answered_with_the_paragraph(question: str) -> None:
    said = the("Tell compliance the same day.", PARAGRAPHS)
    whole = with_its_context(question, PARAGRAPHS, said)
    assert whole.text == "Leave the table. Tell compliance the same day. Write it down."
    assert PARAGRAPHS[whole.start : whole.end] == whole.text


def test_a_question_for_one_fact_is_answered_with_its_sentence() -> None:
    said = the("Tell compliance the same day.", PARAGRAPHS)
    assert with_its_context("Who is told of talks with rivals?", PARAGRAPHS, said) == said


def test_of_a_long_paragraph_only_a_part_around_the_sentence_is_quoted() -> None:
    passage = " ".join(f"Step {n} is to do something." for n in range(100))
    said = the("Step 50 is to do something.", passage)
    whole = with_its_context("What do I do?", passage, said)
    assert said.text in whole.text
    assert len(whole.text) <= LONGEST_PARAGRAPH


def test_all_rows_are_quoted_with_their_header_where_all_were_asked_for() -> None:
    passage = "Processor | For\nMedilane | health\nKadra | payroll\n\nAsk Lotte."
    row = the("Kadra | payroll", passage)
    assert with_its_context("List all our processors.", passage, row).shown == passage.removesuffix("\n\nAsk Lotte.")
    assert with_its_context("Who does our payroll?", passage, row) == row
