"""Citations stay where they stand, whatever the text around them is laid out as."""

from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.web.answer_text import NO_BREAK, AnswerBlock, Inline, lay_out

ONE, TWO = object(), object()
MARKER_LENGTH = 3


@dataclass(frozen=True)
class Said:
    start: int
    end: int


def placed(parts: list[Any]) -> list[tuple[int, Any]]:
    """The parts with the offsets they have in a text whose markers are "[1]"."""
    position, found = 0, []
    for part in parts:
        found.append((position, part))
        position += len(part) if isinstance(part, str) else MARKER_LENGTH
    return found


def laid(*parts: Any) -> list[AnswerBlock]:
    return lay_out(placed(list(parts)))


def plain(parts: Any) -> str:
    """The words of inline parts, with a sentence in angle brackets and a citation as a star."""
    words = {"sentence": lambda part: f"<{plain(part.parts)}>", "citation": lambda _: "*"}
    return "".join(words.get(part.kind, lambda part: part.text)(part) for part in parts)


def kinds(blocks: list[AnswerBlock]) -> list[str]:
    return [block.kind for block in blocks]


def test_blank_lines_part_paragraphs_and_single_line_ends_do_not() -> None:
    blocks = laid("First.\nStill first.\n\nSecond.")
    assert [len(block.lines) for block in blocks] == [2, 1]


def test_a_citation_stays_in_its_list_item() -> None:
    (block,) = laid("- one ", ONE, "\n- two ", TWO)
    assert block.kind == "bullets"
    assert [line[-1] for line in block.lines] == [Inline("citation", citation=ONE), Inline("citation", citation=TWO)]


def test_numbered_lines_are_a_list_after_a_paragraph() -> None:
    assert kinds(laid("Do this:\n1. Open it.\n2. Close it.")) == ["paragraph", "numbers"]


def test_a_quoted_table_is_one_with_the_citation_in_its_last_cell() -> None:
    (table,) = laid("Country | Rate\nNL | €54 ", ONE)
    assert table.kind == "table"
    assert table.has_header
    assert table.rows[1][1] == (Inline("text", f"€54{NO_BREAK}"), Inline("citation", citation=ONE))


def test_a_models_markdown_table_loses_its_frame() -> None:
    (table,) = laid("| a | b |\n|---|---|\n| 1 | 2 |")
    assert [[cell[0].text for cell in row] for row in table.rows] == [["a", "b"], ["1", "2"]]


def test_strong_words_and_code_are_understood_and_other_marks_are_text() -> None:
    (block,) = laid("**Now** run `make` <b>not</b>")
    assert [part.kind for part in block.lines[0]] == ["strong", "text", "code", "text"]
    assert block.lines[0][-1].text == " <b>not</b>"


def test_an_empty_answer_has_no_blocks() -> None:
    assert laid("\n \n") == []
    assert laid() == []


def test_a_sentence_is_gathered_with_its_citations_and_marks() -> None:
    text = "It **costs 5** euros "
    (block,) = lay_out(placed([text, ONE, ". Then none."]), [Said(0, len(text) + MARKER_LENGTH + 1)])
    assert plain(block.lines[0]) == f"<It costs 5 euros{NO_BREAK}*.> Then none."
    assert block.lines[0][0].check == Said(0, len(text) + MARKER_LENGTH + 1)


def test_a_sentence_over_two_lines_is_marked_on_both() -> None:
    (block,) = lay_out(placed(["One\ntwo. Three."]), [Said(0, 8)])
    assert [plain(line) for line in block.lines] == ["<One>", "<two.> Three."]


def test_sentences_are_found_in_lists_and_cells() -> None:
    listed, table = lay_out(placed(["- one.\n- two.\n\na | b\n5 | six ", ONE]), [Said(2, 6), Said(9, 13), Said(25, 35)])
    assert [plain(line) for line in listed.lines] == ["<one.>", "<two.>"]
    assert [plain(cell) for cell in table.rows[1]] == ["5", f"<six{NO_BREAK}*>"]


def test_a_border_within_strong_words_parts_them() -> None:
    (block,) = lay_out(placed(["**One. Two**"]), [Said(0, 6)])
    assert [(part.kind, plain([part])) for part in block.lines[0]] == [("sentence", "<One.>"), ("strong", " Two")]


@given(
    st.lists(
        st.sampled_from(["Ann pays. ", "5 | 6", "\n- ", "**b** ", "`c`", "\n\n", "# h ", "1. ", ONE, TWO]), max_size=12
    ),
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30)), max_size=4),
)
def test_sentences_change_no_word(parts: list[Any], spans: list[tuple[int, int]]) -> None:
    sentences = [Said(start, start + length) for start, length in spans]
    one, other = lay_out(placed(parts)), lay_out(placed(parts), sentences)
    assert [words_of(block) for block in one] == [words_of(block) for block in other]


def words_of(block: AnswerBlock) -> list[str]:
    lines = [*block.lines, *(cell for row in block.rows for cell in row)]
    return [plain(line).replace("<", "").replace(">", "") for line in lines]
