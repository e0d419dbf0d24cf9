"""Questions that could come next: what was found and not used, and what stands beside the sources.

Made without a model, from what the reader may read at this moment, so they never name anything else.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from django.db.models import QuerySet

from app.answers.models import Answer, Evidence, Outcome, Question
from app.answers.shown import readable_documents
from app.answers.steps.disarm import is_order
from app.corpus.access import Reader
from app.corpus.models import Chunk, Document

MOST = 3
FROM_UNUSED = 2
# A passage this near to the best one speaks of the same matter.
NEARLY_AS_GOOD = 0.8
NEIGHBOURS = 12
WITH_SOURCES = frozenset({Outcome.ANSWERED, Outcome.CAVEAT, Outcome.CONFLICT, Outcome.DEGRADED})

LONGEST_HEADING = 80
NUMBERING = re.compile(r"^\s*(?:(?:§|section|chapter|article)\s*)?(?:\d+(?:[.)]\d+)*[.):]?|[A-Z][.)])\s+", re.I)
ASKING = re.compile(r"^(?:what|when|who|whom|whose|why|where|which|how|can|may|do|does|is|are|should|must)\b", re.I)
HOW_TO = re.compile(r"^how to\s+", re.I)
# Headings that say where one is in a document, and nothing of what it is about.
EMPTY = frozenset(
    """
    introduction overview contents summary purpose scope general notes note references appendix background changelog
    history contact contacts related faq index definitions glossary preface conclusion conclusions links examples
    example details other misc miscellaneous description about attachments
    """.split()  # noqa: SIM905 - a list of words is read as words
) | {"table of contents", "version history", "document control", "see also", "further reading", "release notes"}


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document that may be asked about: its heading, and its words to see how they are written."""

    document: Document
    heading: str
    text: str


def suggestions(answer: Answer, reader: Reader) -> list[str]:
    """At most three questions, best first; none where the answer has no sources."""
    if answer.outcome not in WITH_SOURCES:
        return []
    evidence = list(answer.evidence.all())
    documents = readable_documents(evidence, reader)
    current = [each for each in evidence if is_current(each, documents)]
    cited = set(answer.citations.values_list("evidence_id", flat=True))
    used = [each for each in current if each.pk in cited]
    seen = {simplified(text) for text in asked_before(answer)} | {simplified(last_heading(each)) for each in used}
    found = chain(islice(unused(current, cited, documents, reader), FROM_UNUSED), beside(used, documents, reader))
    return list(islice(unseen(found, seen), MOST))


def is_current(evidence: Evidence, documents: dict[int | None, Document]) -> bool:
    """Readable, and not of a version that is no longer searched."""
    document = documents.get(evidence.document_id)
    return document is not None and evidence.version_id == document.current_version_id


def asked_before(answer: Answer) -> Iterable[str]:
    rows = Question.objects.filter(conversation_id=answer.question.conversation_id)
    return list(rows.values_list("text", flat=True))


def unused(
    evidence: list[Evidence], cited: set[int], documents: dict[int | None, Document], reader: Reader
) -> Iterator[Section]:
    """Sections that were found for the question and that the answer does not cite, best first."""
    best = max((each.score for each in evidence), default=0.0)
    rows = [each for each in evidence if each.pk not in cited and each.score >= NEARLY_AS_GOOD * best]
    texts = dict(readable_chunks(reader).filter(pk__in=[row.chunk_id for row in rows]).values_list("pk", "text"))
    for row in rows:
        if row.chunk_id in texts:
            yield Section(documents[row.document_id], last_heading(row), texts[row.chunk_id])


def beside(used: list[Evidence], documents: dict[int | None, Document], reader: Reader) -> Iterator[Section]:
    """The sections after each cited one, and then those before it."""
    for row in used:
        document = documents[row.document_id]
        chunks = readable_chunks(reader).filter(document=document, version_id=document.current_version_id)
        after = chunks.filter(start__gte=row.end).order_by("start")[:NEIGHBOURS]
        before = chunks.filter(end__lte=row.start).order_by("-start")[:NEIGHBOURS]
        for chunk in chain(after, before):
            yield Section(document, chunk.heading_path[-1] if chunk.heading_path else "", chunk.text)


def readable_chunks(reader: Reader) -> "QuerySet[Chunk]":
    found: QuerySet[Chunk] = Chunk.objects.readable_by(reader).only(
        "pk", "heading_path", "text", "start", "end", "document", "version"
    )
    return found


def last_heading(evidence: Evidence) -> str:
    return str(evidence.heading_path[-1]) if evidence.heading_path else ""


def unseen(sections: Iterable[Section], seen: set[str]) -> Iterator[str]:
    """The questions about the sections, each heading and each question once."""
    for section in sections:
        question = question_about(section)
        if question is None or {simplified(section.heading), simplified(question)} & seen:
            continue
        seen |= {simplified(section.heading), simplified(question)}
        yield question


def question_about(section: Section) -> str | None:
    """None for a heading that says nothing by itself."""
    title = section.document.title or section.document.external_id
    heading = NUMBERING.sub("", section.heading).strip().rstrip(":.")
    if not says_something(heading) or simplified(heading) == simplified(title):
        return None
    if is_order(heading) or is_order(title):
        return None  # Nobody should ask, at a click, what a document wants an assistant to be told.
    if rest := HOW_TO.sub("", heading) if HOW_TO.match(heading) else "":
        return f"How do I {rest}?"
    if ASKING.match(heading):
        return f"{heading[0].upper()}{heading[1:].rstrip('?')}?"
    return f"What does “{title}” say about {as_in_a_sentence(heading, section.text)}?"


def says_something(heading: str) -> bool:
    letters = sum(each.isalpha() for each in heading)
    return letters >= 3 and len(heading) <= LONGEST_HEADING and simplified(heading) not in EMPTY


def as_in_a_sentence(heading: str, text: str) -> str:
    """With a small first letter, unless the first word is a name: then the text never writes it small either."""
    first = heading.split(maxsplit=1)[0]
    small = first.lower()
    if not first[1:].islower() and len(first) > 1:
        return heading
    is_word = re.search(rf"\b{re.escape(small.rstrip('s'))}s?\b", text) or (
        " " in heading and heading.split()[1].islower()
    )
    return small + heading[len(first) :] if is_word else heading


def simplified(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))
