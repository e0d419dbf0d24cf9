"""Cuts a stored text into passages that follow its headings and pages, each within the encoder's window.

Every visible character that is not skipped lands in exactly one passage, in order. A passage ends at every heading
and at a page break, unless what is on one side is too small to stand alone and both sides belong to the
same part of the document. Tables stay whole where they fit; otherwise they are cut between rows and each
continuation repeats the header row.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from ingestion.documents import ChunkDraft, StoredText
from ingestion.steps.pieces import Piece, pieces_of

TokenCounter = Callable[[str], int]

# A section below this share of the window joins its neighbour: alone it would say too little to be found.
SMALL_SHARE = 0.1


def chunk(
    stored: StoredText, count_tokens: TokenCounter, max_tokens: int, skipped: Sequence[tuple[int, int]] = ()
) -> list[ChunkDraft]:
    """Return the passages of `stored`, none above `max_tokens` as `count_tokens` counts them.

    No passage holds anything of the `skipped` spans, such as a site's menu.
    """
    if max_tokens < 1:
        raise ValueError("max_tokens must be at least 1.")
    sections = _sections(_without(pieces_of(stored, count_tokens, max_tokens), skipped))
    groups = _merge_small(list(sections), max_tokens)
    packed = (run for group in groups for run in _pack(group, max_tokens))
    return [_draft(stored, ordinal, run) for ordinal, run in enumerate(packed)]


def _without(pieces: Iterator[Piece], skipped: Sequence[tuple[int, int]]) -> Iterator[Piece]:
    """Leave out what begins in a skipped span, and mark what follows, so that no passage reaches over it."""
    starts = [start for start, _ in skipped]
    gap = False
    for piece in pieces:
        at = bisect_right(starts, piece.start) - 1
        if at >= 0 and piece.start < skipped[at][1]:
            gap = True
            continue
        yield replace(piece, after_gap=True) if gap else piece
        gap = False


def _sections(pieces: Iterator[Piece]) -> Iterator[list[Piece]]:
    """Group pieces between two breaks: a heading that breaks, or a new page."""
    section: list[Piece] = []
    for piece in pieces:
        if section and _breaks(section[-1], piece):
            yield section
            section = []
        section.append(piece)
    if section:
        yield section


def _breaks(previous: Piece, piece: Piece) -> bool:
    if piece.page != previous.page or piece.after_gap:
        return True
    return piece.is_heading and not previous.is_heading


def _merge_small(sections: list[list[Piece]], max_tokens: int) -> Iterator[list[Piece]]:
    """Join neighbouring sections that fit one passage and belong together."""
    group: list[Piece] = []
    for section in sections:
        if group and not _belong_together(group, section, max_tokens):
            yield group
            group = []
        group = group + section
    if group:
        yield group


def _belong_together(group: list[Piece], section: list[Piece], max_tokens: int) -> bool:
    ours, theirs = _tokens(group), _tokens(section)
    if group[-1].page != section[0].page or section[0].after_gap or ours + theirs > max_tokens:
        return False
    if all(piece.is_heading for piece in group):
        return True
    if not _share_a_parent(group[0].path, section[0].path):
        return False
    return not section[0].is_heading or min(ours, theirs) <= max_tokens * SMALL_SHARE


def _share_a_parent(ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    """Whether both paths are siblings, or one lies below the other."""
    shared = len(_common_prefix(ours, theirs))
    return shared >= min(len(ours), len(theirs)) or shared >= max(len(ours), len(theirs)) - 1


def _common_prefix(ours: tuple[str, ...], theirs: tuple[str, ...]) -> tuple[str, ...]:
    shared = 0
    for left, right in zip(ours, theirs, strict=False):
        if left != right:
            break
        shared += 1
    return ours[:shared]


def _pack(group: list[Piece], max_tokens: int) -> Iterator[list[Piece]]:
    """Fill passages up to the window, in even shares, so that no sliver is left at the end."""
    left = _tokens(group)
    target = _even_share(left, max_tokens)
    run: list[Piece] = []
    for piece in group:
        if run and _is_full(run, piece, target, max_tokens):
            kept, run = _without_trailing_leads(run)
            yield kept
            target = _even_share(left + _tokens(run), max_tokens)
            if run and _cost(run) + piece.tokens > max_tokens:
                yield run
                run = []
        run.append(piece)
        left -= piece.tokens
    if run:
        yield run


def _is_full(run: list[Piece], piece: Piece, target: float, max_tokens: int) -> bool:
    used = _cost(run)
    return used + piece.tokens > max_tokens or (used >= target and not run[-1].leads)


def _cost(run: list[Piece]) -> int:
    return run[0].header_tokens + _tokens(run)


def _even_share(tokens: int, max_tokens: int) -> float:
    passages = -(-tokens // max_tokens)
    return tokens / passages if passages else max_tokens


def _without_trailing_leads(run: list[Piece]) -> tuple[list[Piece], list[Piece]]:
    """Move headings and header rows at the end of a run on to the next, unless nothing would be left
    behind.
    """
    cut = len(run)
    while cut > 0 and run[cut - 1].leads:
        cut -= 1
    return (run[:cut], run[cut:]) if cut else (run, [])


def _tokens(pieces: list[Piece]) -> int:
    return sum(piece.tokens for piece in pieces)


def _draft(stored: StoredText, ordinal: int, run: list[Piece]) -> ChunkDraft:
    start, end = run[0].start, run[-1].end
    text = stored.text[start:end]
    if run[0].table_header:
        text = f"{run[0].table_header}\n{text}"
    return ChunkDraft(ordinal, _path(run), run[0].page, start, end, text)


def _path(run: list[Piece]) -> tuple[str, ...]:
    """The headings that every part of the passage lies under."""
    body = [piece for piece in run if not piece.is_heading] or run[:1]
    path = body[0].path
    for piece in body[1:]:
        path = _common_prefix(path, piece.path)
    return path
