"""Citations stay where they stand, whatever the text around them is laid out as."""

from app.web.answer_text import AnswerBlock, Inline, lay_out

ONE, TWO = object(), object()


def kinds(blocks: list[AnswerBlock]) -> list[str]:
    return [block.kind for block in blocks]


def test_blank_lines_part_paragraphs_and_single_line_ends_do_not() -> None:
    blocks = lay_out(["First.\nStill first.\n\nSecond."])
    assert [len(block.lines) for block in blocks] == [2, 1]


def test_a_citation_stays_in_its_list_item() -> None:
    (block,) = lay_out(["- one ", ONE, "\n- two ", TWO])
    assert block.kind == "bullets"
    assert [line[-1] for line in block.lines] == [Inline("citation", citation=ONE), Inline("citation", citation=TWO)]


def test_numbered_lines_are_a_list_after_a_paragraph() -> None:
    assert kinds(lay_out(["Do this:\n1. Open it.\n2. Close it."])) == ["paragraph", "numbers"]


def test_a_quoted_table_is_one_with_the_citation_in_its_last_cell() -> None:
    (table,) = lay_out(["Country | Rate\nNL | €54 ", ONE])
    assert table.kind == "table"
    assert table.has_header
    assert table.rows[1][1] == (Inline("text", "€54 "), Inline("citation", citation=ONE))


def test_a_models_markdown_table_loses_its_frame() -> None:
    (table,) = lay_out(["| a | b |\n|---|---|\n| 1 | 2 |"])
    assert [[cell[0].text for cell in row] for row in table.rows] == [["a", "b"], ["1", "2"]]


def test_strong_words_and_code_are_understood_and_other_marks_are_text() -> None:
    (block,) = lay_out(["**Now** run `make` <b>not</b>"])
    assert [part.kind for part in block.lines[0]] == ["strong", "text", "code", "text"]
    assert block.lines[0][-1].text == " <b>not</b>"


def test_an_empty_answer_has_no_blocks() -> None:
    assert lay_out(["\n \n"]) == []
    assert lay_out([]) == []
