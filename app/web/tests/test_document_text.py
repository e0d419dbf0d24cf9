"""The mark covers exactly the cited characters, wherever they begin and end, and nothing of a text is lost."""

from hypothesis import given
from hypothesis import strategies as st

from app.web.document_text import OutlineEntry, Piece, TextBlock, lay_out

TEXT = (
    "Travel policy\n\n"
    "Hotels cost at most\n140 euros a night.\n\n"
    "- first item\n- second item\n\n"
    "Country | Rate\nUK | £42\nNL |  | €54\n\n"
    "The end."
)
OUTLINE = [OutlineEntry(0, 13, 1, "Travel policy")]
TABLE = (TEXT.index("Country"), TEXT.index("\n\nThe end"))
PAGES = [(1, 0), (2, TEXT.index("- first"))]


def blocks_of(cited: tuple[int, int] | None = None) -> list[TextBlock]:
    return lay_out(TEXT, outline=OUTLINE, pages=PAGES, tables=[TABLE], cited=cited)


def pieces(blocks: list[TextBlock]) -> list[Piece]:
    cells = [[*block.lines, *(cell for row in block.rows for cell in row)] for block in blocks]
    return [piece for lines in cells for line in lines for piece in line]


def marked(blocks: list[TextBlock]) -> list[str]:
    return [piece.text for piece in pieces(blocks) if piece.is_cited]


def test_blocks_come_in_reading_order_with_their_kinds() -> None:
    kinds = [block.kind for block in blocks_of()]
    assert kinds == ["page", "heading", "paragraph", "page", "list", "table", "paragraph"]


def test_a_table_keeps_its_cells_also_the_empty_ones() -> None:
    table = next(block for block in blocks_of() if block.kind == "table")
    assert [["".join(p.text for p in cell) for cell in row] for row in table.rows] == [
        ["Country", "Rate"], ["UK", "£42"], ["NL", "", "€54"],
    ]  # fmt: skip


def test_a_range_across_blocks_and_cells_is_marked_exactly() -> None:
    start, end = TEXT.index("euros"), TEXT.index("42\n")
    expected = ["euros a night.", "first item", "second item", "Country", "Rate", "UK", "£"]
    assert marked(blocks_of((start, end))) == expected


def test_only_the_first_marked_piece_carries_the_anchor() -> None:
    anchors = [piece.is_first for piece in pieces(blocks_of((0, len(TEXT)))) if piece.is_cited]
    assert anchors[0]
    assert not any(anchors[1:])


def test_a_range_outside_the_text_marks_nothing() -> None:
    for cited in ((5, 5), (9, 3), (0, len(TEXT) + 1), (10_000, 10_001)):
        assert marked(blocks_of(cited)) == []


def test_one_page_needs_no_mark() -> None:
    assert [block.kind for block in lay_out("Only page", pages=[(1, 0)])] == ["paragraph"]


def test_markup_in_a_text_stays_text() -> None:
    (block,) = lay_out("<script>alert(1)</script>")
    assert pieces([block]) == [Piece("<script>alert(1)</script>")]


@given(st.integers(0, len(TEXT)), st.integers(0, len(TEXT)))
def test_any_range_marks_its_visible_characters_and_no_other(start: int, end: int) -> None:
    expected = "".join(TEXT[i] for i in range(start, max(start, end)) if i in VISIBLE)
    assert "".join(marked(blocks_of((start, end)))) == expected


@given(st.text(alphabet="ab -|\n", max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_no_word_of_any_text_is_lost(text: str, start: int, end: int) -> None:
    laid_out = "".join(piece.text for piece in pieces(lay_out(text, cited=(start, end))))
    assert [c for c in laid_out if c in "ab"] == [c for c in text if c in "ab"]


def visible_offsets() -> set[int]:
    """Offsets of characters that are shown, found by hand: all but line ends, list dashes and cell bars."""
    hidden = {i for i, character in enumerate(TEXT) if character == "\n"}
    for mark in ("- first", "- second"):
        hidden |= {TEXT.index(mark), TEXT.index(mark) + 1}
    position = TABLE[0]
    for line in TEXT[TABLE[0] : TABLE[1]].split("\n"):
        offset = position
        for cell in line.split(" | ")[:-1]:
            offset += len(cell)
            hidden |= {offset, offset + 1, offset + 2}
            offset += 3
        position += len(line) + 1
    return set(range(len(TEXT))) - hidden


VISIBLE = visible_offsets()
