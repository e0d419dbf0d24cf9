"""A citation of some words of a section: it names the chunk in which they begin, and the place where they stand."""

from dataclasses import replace

from app.answers.context.sections import Section
from app.answers.draft import Cited, Draft


def cite(draft: Draft, section: Section, marker: int, start: int, end: int) -> Cited:
    """The citation of `section.passage.text[start:end]`.

    Its passage keeps the text of the whole section, which is what the model read. A chunk that no search found, but
    that is cited, becomes evidence of the answer like the others.
    """
    quote, first, last = section.passage.quoted(start, end)
    member = section.member_at(first)
    if all(member.chunk_id != passage.chunk_id for passage in draft.passages):
        draft.passages.append(replace(member, rank=len(draft.passages) + 1))
    passage = replace(
        section.passage, chunk_id=member.chunk_id, heading_path=member.heading_path, page=member.page
    )  # fmt: skip
    return Cited(marker=marker, passage=passage, quote=quote, start=first, end=last)
