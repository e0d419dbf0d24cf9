"""Citation markers, however the stream that carries them is cut."""

from hypothesis import given
from hypothesis import strategies as st

from app.answers.steps.markers import LONGEST_MARKER, Citation, MarkerParser, join, parse

PIECES = st.sampled_from(
    [
        "[",
        "]",
        "[1]",
        "[2,3]",
        "[1, 9]",
        "[12345]",
        "[a]",
        "1",
        ",",
        ";",
        " ",
        "word",
        "[ 2 ]",
        "é",
        "\n",
        "[1",
        " " * 30,
    ]
)


def streamed(pieces, passages):
    parser = MarkerParser(passages)
    segments = [segment for piece in pieces for segment in parser.feed(piece)]
    return join([*segments, *parser.flush()]), parser.unknown


def test_a_marker_becomes_a_citation():
    assert parse("Ten days [1]. More.", 2) == ["Ten days ", Citation((1,)), ". More."]


def test_a_marker_may_list_several_passages_and_stand_beside_another():
    assert parse("So [1, 2; 2][3]", 3) == ["So ", Citation((1, 2)), Citation((3,))]


def test_a_marker_split_between_tokens_is_put_together():
    segments, _ = streamed(["Ten", " days [", "1", ",", " 2", "]", "[3", "]."], 3)
    assert segments == ["Ten days ", Citation((1, 2)), Citation((3,)), "."]


def test_text_before_an_open_bracket_is_not_held_back():
    parser = MarkerParser(1)
    assert parser.feed("Ten days [") == ["Ten days "]
    assert parser.feed("1") == []
    assert parser.feed("]") == [Citation((1,))]


def test_numbers_of_no_passage_are_dropped_and_counted():
    segments, unknown = streamed(["A [0] b [7] c [1, 9]"], 2)
    assert segments == ["A  b  c ", Citation((1,))]
    assert unknown == 3


def test_other_brackets_pass_through():
    for text in (
        "see [note]",
        "x[i] = y[]",
        "[link](https://example.org)",
        "[12345]",
        "array[",
        "[1.5]",
        "[x, 1]",
    ):
        assert parse(text, 5) == [text]


def test_half_a_marker_at_the_end_is_never_shown():
    assert parse("Ten days [1", 2) == ["Ten days "]
    assert parse("Ten days [1, ", 2) == ["Ten days "]


def test_a_bracket_that_never_closes_does_not_hold_back_the_stream():
    parser = MarkerParser(3)
    shown = parser.feed("[1" + " " * LONGEST_MARKER) + parser.feed("and on")
    assert join(shown) == ["[1" + " " * LONGEST_MARKER + "and on"]


@given(st.lists(PIECES, max_size=12), st.data())
def test_any_split_of_a_text_gives_the_same_segments(pieces, data):
    text = "".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    parts = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    whole = streamed([text], 3)
    assert streamed(parts, 3) == whole
    assert streamed(list(text), 3) == whole


@given(st.text(alphabet=st.characters(blacklist_characters="[")))
def test_text_without_brackets_is_passed_on_at_once_and_unchanged(text):
    assert "".join(MarkerParser(2).feed(text)) == text
