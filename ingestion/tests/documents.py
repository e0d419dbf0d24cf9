"""Random documents for property tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from ingestion.documents import Block, BlockKind, ParsedDocument

# The first example builds a table of all of Unicode, which takes seconds on a busy machine.
unhurried = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

_WORDS = st.lists(
    st.sampled_from(["alpha", "beta.", "gamma!", "d" * 40, "é", "|", "- x", "1.", "\u200b", "漢字。"]),
    max_size=30,
)
_TEXT = st.one_of(_WORDS.map(" ".join), st.text(max_size=60))
_ROWS = st.lists(st.lists(st.text(max_size=12), min_size=1, max_size=4).map(tuple), min_size=1, max_size=12).map(tuple)


@st.composite
def documents(draw: st.DrawFn, *, paged: bool | None = None) -> ParsedDocument:
    """Any mix of blocks; pages, where there are any, only count up."""
    has_pages = draw(st.booleans()) if paged is None else paged
    page, blocks = 1, []
    for kind in draw(st.lists(st.sampled_from(list(BlockKind)), max_size=14)):
        page += draw(st.integers(0, 1))
        rows = draw(_ROWS) if kind is BlockKind.TABLE else ()
        text = "" if rows else draw(_TEXT)
        blocks.append(Block(kind, text, draw(st.integers(1, 4)), page if has_pages else None, rows))
    return ParsedDocument("Title", tuple(blocks), "text/plain", None, (), None)
