"""A procedure is quoted whole: the list that the best sentence leads to, or that it is an item of."""

import pytest

from app.answers.steps.extract import answered
from app.answers.steps.lists import LONGEST, with_its_list
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
