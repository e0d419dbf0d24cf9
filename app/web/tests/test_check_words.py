"""What a checked sentence says of itself."""

import pytest

from app.answers.models import AnswerSentence
from app.answers.shown import ShownSentence
from app.web.check_words import checks_of, summary

Verdict = AnswerSentence.Verdict


def sentence(verdict: str, *markers: int, problems: tuple[dict[str, str], ...] = (), repaired: bool = False):
    return ShownSentence(0, 10, verdict, markers, problems, repaired)


NUMBER = {"kind": "number", "said": "25"}


@pytest.mark.parametrize(
    ("shown", "level", "words"),
    [
        (sentence(Verdict.SUPPORTED, 2), "good", "Supported by [2]"),
        (sentence(Verdict.SUPPORTED, 1, 2, 4), "good", "Supported by [1], [2] and [4]"),
        (sentence(Verdict.SUPPORTED, 2, problems=(NUMBER,)), "weak", "Supported by [2] · 1 number not found: 25"),
        (sentence(Verdict.WEAK, 1), "weak", "Only partly supported by [1]"),
        (
            sentence(Verdict.UNSUPPORTED, 1, problems=(NUMBER, {"kind": "number", "said": "30"})),
            "bad",
            "Not supported by [1] · 2 numbers not found: 25, 30",
        ),
        (sentence(Verdict.UNSUPPORTED), "bad", "Not supported by any source"),
        (
            sentence(Verdict.UNSUPPORTED, 1, problems=({"kind": "contradiction", "said": ""},)),
            "bad",
            "Not supported by [1] · the source says otherwise",
        ),
        (sentence(Verdict.UNCITED), "bad", "No source named"),
        (sentence(Verdict.SUPPORTED, 1, repaired=True), "good", "Supported by [1] · source number put right"),
        (sentence(Verdict.WEAK, problems=({"kind": "?"},)), "weak", "Only partly supported · 1 detail not found"),
    ],
)  # fmt: skip
def test_a_sentence_says_how_far_it_is_supported(shown: ShownSentence, level: str, words: str) -> None:
    (check,) = checks_of([shown])
    assert (check.level, check.words) == (level, words)
    assert check.is_marked == (level != "good")


def test_what_claims_nothing_is_not_spoken_of() -> None:
    assert checks_of([sentence(Verdict.NO_CLAIM)]) == []


def test_quotes_are_the_documents_own_words() -> None:
    (check,) = checks_of([sentence(Verdict.SUPPORTED, 1)], quoted=True)
    assert check.words == "Word for word from [1]"


def test_every_verdict_and_kind_of_problem_of_the_checks_has_words() -> None:
    for verdict in Verdict:
        for check in checks_of([sentence(verdict, 1)]):
            assert check.words


def test_an_answer_is_summed_up() -> None:
    good, bad = checks_of([sentence(Verdict.SUPPORTED, 1)]), checks_of([sentence(Verdict.UNCITED)])
    assert summary([]) == ""
    assert summary(good) == "supported by its source"
    assert summary(good + good) == "all statements supported"
    assert summary(good + bad) == "1 of 2 statements supported"
