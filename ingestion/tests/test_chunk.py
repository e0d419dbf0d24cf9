"""Passages cover the text once, follow headings and pages, fit the window, and repeat the header of a table
that is cut.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingestion.documents import Block, BlockKind, ChunkDraft, ParsedDocument, StoredText
from ingestion.steps.chunk import chunk
from ingestion.steps.clean import clean
from ingestion.tests.documents import documents, unhurried


def words(text: str) -> int:
    return len(text.split())


def stored(*blocks: Block) -> StoredText:
    return clean(ParsedDocument("t", blocks, "text/plain", None, (), None))


def heading(text: str, level: int = 1, page: int | None = None) -> Block:
    return Block(BlockKind.HEADING, text, level, page)


def paragraph(count: int, word: str = "word", page: int | None = None) -> Block:
    return Block(BlockKind.PARAGRAPH, " ".join([word] * count), 0, page)


def body(draft: ChunkDraft, text: StoredText) -> str:
    return text.text[draft.start : draft.end]


@unhurried
@given(documents(), st.integers(1, 60))
def test_passages_hold_every_visible_character_once_and_in_order(document: ParsedDocument, max_tokens: int) -> None:
    text = clean(document)
    drafts = chunk(text, words, max_tokens)
    assert [draft.ordinal for draft in drafts] == list(range(len(drafts)))
    assert "".join("".join(body(draft, text).split()) for draft in drafts) == "".join(text.text.split())
    assert all(left.end <= right.start for left, right in zip(drafts, drafts[1:], strict=False))


@unhurried
@given(documents(), st.integers(1, 60))
def test_passages_fit_the_window_and_quote_the_text(document: ParsedDocument, max_tokens: int) -> None:
    text = clean(document)
    for draft in chunk(text, words, max_tokens):
        assert words(draft.text) <= max_tokens
        assert draft.text == body(draft, text) or (
            draft.text.endswith("\n" + body(draft, text)) and draft.text.split("\n")[0] in text.text
        )


@unhurried
@given(documents(paged=True), st.integers(1, 60))
def test_no_passage_reaches_over_a_page_break(document: ParsedDocument, max_tokens: int) -> None:
    text = clean(document)
    starts = [start for _, start in text.pages]
    for draft in chunk(text, words, max_tokens):
        assert not any(draft.start < start < draft.end for start in starts)
        assert draft.page == max(page for page, start in text.pages if start <= draft.start)


def test_a_heading_stands_with_what_follows_it() -> None:
    text = stored(heading("A"), paragraph(18), heading("B"), paragraph(20))
    assert [draft.text.split("\n")[0] for draft in chunk(text, words, 20)][:2] == ["A", "B"]
    assert [draft.heading_path for draft in chunk(text, words, 30)] == [("A",), ("B",)]


def test_large_sections_are_kept_apart_and_tiny_ones_joined() -> None:
    apart = stored(heading("Top"), heading("A", 2), paragraph(20), heading("B", 2), paragraph(20))
    assert [draft.heading_path for draft in chunk(apart, words, 50)] == [("Top", "A"), ("Top", "B")]
    joined = stored(heading("Top"), heading("A", 2), paragraph(3), heading("B", 2), paragraph(3))
    assert [draft.heading_path for draft in chunk(joined, words, 50)] == [("Top",)]
    strangers = stored(
        heading("A"),
        paragraph(20),
        heading("a", 2),
        paragraph(30),
        heading("B"),
        heading("b", 2),
        paragraph(5),
    )
    assert [draft.heading_path for draft in chunk(strangers, words, 50)] == [("A",), ("A", "a"), ("B", "b")]


def test_a_passage_never_hides_which_of_two_sections_it_is_from() -> None:
    text = stored(heading("A", 2), heading("a", 3), paragraph(20), heading("b", 3), paragraph(20))
    assert [draft.heading_path for draft in chunk(text, words, 50)] == [("A", "a"), ("A", "b")]


def test_a_table_that_fits_stays_whole() -> None:
    rows = (("Name", "Price"), *((f"item{number}", str(number)) for number in range(8)))
    text = stored(paragraph(25), Block(BlockKind.TABLE, "", rows=rows))
    drafts = chunk(text, words, 30)
    assert [draft.text.split()[0] for draft in drafts] == ["word", "Name"]


def test_a_cut_table_repeats_its_header_row() -> None:
    rows = (("Name", "Price"), *((f"item{number}", str(number)) for number in range(30)))
    text = stored(Block(BlockKind.TABLE, "", rows=rows))
    drafts = chunk(text, words, 30)
    assert len(drafts) > 3
    assert all(draft.text.startswith("Name | Price\nitem") for draft in drafts)
    assert [body(draft, text).startswith("Name") for draft in drafts] == [True] + [False] * (len(drafts) - 1)


def test_long_paragraphs_are_cut_at_sentence_ends() -> None:
    sentences = " ".join(f"Sentence number {number} says little." for number in range(20))
    drafts = chunk(stored(Block(BlockKind.PARAGRAPH, sentences)), words, 26)
    assert all(draft.text.startswith("Sentence") and draft.text.endswith("little.") for draft in drafts)


def test_no_sliver_is_left_at_the_end() -> None:
    sizes = [words(draft.text) for draft in chunk(stored(*[paragraph(10) for _ in range(11)]), words, 50)]
    assert min(sizes) >= 30


def test_tokens_are_counted_about_once() -> None:
    counted: list[str] = []

    def counting(piece: str) -> int:
        counted.append(piece)
        return words(piece)

    text = stored(*[paragraph(40) for _ in range(100)])
    chunk(text, counting, 60)
    assert sum(map(len, counted)) < 1.5 * len(text.text)
