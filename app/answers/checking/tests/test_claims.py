"""Cutting answers into sentences with their markers."""

import pytest

from app.answers.checking.claims import claims_of


def cut(answer):
    return [(claim.text, claim.markers) for claim in claims_of(answer) if claim.claims]


def test_markers_belong_to_the_sentence_before_them_whichever_side_of_its_stop():
    assert cut("Hotels cost 140 euros [1]. Trains are second class.[2][3] Cars are rare. [1]") == [
        ("Hotels cost 140 euros.", (1,)), ("Trains are second class.", (2, 3)), ("Cars are rare.", (1,)),
    ]  # fmt: skip


def test_a_marker_that_opens_a_line_belongs_to_what_follows():
    assert cut("Hotels cost 140 euros [1].\\n[2] says that trains are second class.".replace("\\n", "\n"))[1] == (
        "says that trains are second class.", (2,),
    )  # fmt: skip


def test_items_of_a_list_and_rows_of_a_table_are_sentences():
    answer = "The limits are:\n- Hotels: 140 euros [1]\n- Meals: 54 euros [2]\n\n"
    answer += "| Site | Days |\n|---|---|\n| Lincoln | 27 [3] |"
    assert [markers for _, markers in cut(answer)] == [(1,), (2,), (3,)]
    row = claims_of(answer)[-1]
    assert (row.text, row.table_header) == ("Lincoln | 27 |", "| Site | Days |")


@pytest.mark.parametrize(
    "text",
    ["Here is what I found:", "## Hotels", "**Hotels**", "Is that all?", "Let me know if you need more.", "---",
     "The documents do not mention a pool.", "Yes."],
)  # fmt: skip
def test_what_claims_nothing_is_not_checked(text):
    assert cut(text) == []


@pytest.mark.parametrize("text", ["The documents do not say, but it is 500 euros.", "I found that it costs 20 euros:"])
def test_a_figure_is_always_a_claim(text):
    assert len(cut(text)) == 1


def test_offsets_cover_the_sentence_with_its_markers():
    answer = "One thing is red [1]. Another thing is blue.[2] The rest."
    assert [answer[claim.start : claim.end] for claim in claims_of(answer)] == [
        "One thing is red [1].", "Another thing is blue.[2]", "The rest.",
    ]  # fmt: skip


def test_an_abbreviation_does_not_cut_a_sentence():
    assert cut("Releases go out at 9 a.m. UTC [1].") == [("Releases go out at 9 a.m. UTC.", (1,))]


def test_a_time_at_the_end_of_a_sentence_keeps_its_minutes():
    assert cut("It is emptied every morning at 6:30 [1].") == [("It is emptied every morning at 6:30.", (1,))]
