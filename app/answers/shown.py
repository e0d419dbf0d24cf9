"""A stored answer as one reader may see it now.

Rights and documents change after an answer was given. Its citations are checked again whenever it
is shown, and an answer that rests on anything its reader may no longer read is withheld whole:
its text would tell what the missing document says.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.answers.models import Answer, AnswerSentence, Citation, Evidence
from app.corpus.access import Reader
from app.corpus.models import Document

MARKER = re.compile(r"\[(\d{1,3})\]")
# Markers behind a sentence's full stop speak for that sentence.
MARKERS_BEHIND = re.compile(r"[ \t]*(?:\[\d{1,3}\])+")
EXCERPT_CHARACTERS = 420
WITHHELD = "This answer rested on a document that is no longer there or that you may no longer read. Ask again."
# Why an answer was quoted although a model is set up, by what was noted of it; else no model could be reached.
MODEL_UNAVAILABLE = "because the model was unavailable"
WHY_QUOTED = {
    "": "found by their words alone",
    "NotSupported": "because they do not bear out what the model wrote",
    "NothingCited": "because the model named no source",
    "UnsafeReply": "because the model gave its instructions away",
    "Repetitive": "because the model began to repeat itself",
    "WrongLanguage": "because the model answered in another language",
    "BudgetSpent": "because a budget for models is used up",
}


@dataclass(frozen=True, slots=True)
class ShownCitation:
    """A numbered source. `version_id`, `start` and `end` say what to highlight in the document."""

    citation_id: int
    marker: int
    passage_id: int
    document_id: int
    version_id: int
    external_id: str
    title: str
    url: str
    source: str
    heading_path: tuple[str, ...]
    page: int | None
    start: int
    end: int
    quote: str
    updated_at: datetime | None
    checked_at: datetime | None
    valid_until: date | None
    is_stale: bool
    is_current: bool
    is_reported: bool
    is_settled: bool = False

    @property
    def section(self) -> str:
        return " › ".join(self.heading_path)

    @property
    def excerpt(self) -> str:
        """The beginning of the quote, without headings in front: those are named beside it."""
        lines = self.quote.split("\n")
        named = {self.title, *self.heading_path, ""}
        while len(lines) > 1 and lines[0].strip("# \t") in named:
            lines = lines[1:]
        words = "\n".join(lines)
        return words if len(words) <= EXCERPT_CHARACTERS else words[:EXCERPT_CHARACTERS] + "…"


@dataclass(frozen=True, slots=True)
class ShownSentence:
    """`text[start:end]` of the answer with the markers behind it, and how far what it cites supports it."""

    start: int
    end: int
    verdict: str
    markers: tuple[int, ...]
    problems: tuple[dict[str, Any], ...]
    repaired: bool


Part = str | ShownCitation


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """`placed` is the text cut at its markers: plain text, or the citation that stands there, each with its place.

    `given_on` is when the text was first given, if it is an earlier answer's. `error` is what kept a model from writing
    it.
    """

    id: int
    outcome: str
    mode: str
    text: str
    notice: str
    is_running: bool
    is_withheld: bool
    error: str = ""
    is_stopped: bool = False
    given_on: datetime | None = None
    citations: tuple[ShownCitation, ...] = ()
    placed: tuple[tuple[int, Part], ...] = ()
    sentences: tuple[ShownSentence, ...] = ()

    @property
    def segments(self) -> tuple[Part, ...]:
        return tuple(part for _, part in self.placed)

    @property
    def why_quoted(self) -> str:
        return WHY_QUOTED.get(self.error, MODEL_UNAVAILABLE)


def shown_answer(answer: Answer, reader: Reader) -> ShownAnswer:
    """The answer for `reader`, who must be its asker; rights are those of this moment."""
    rows = list(answer.citations.select_related("evidence", "report"))
    evidence = rests_on(answer, [row.evidence for row in rows])
    readable = readable_documents(evidence, reader)
    withheld = any(each.document_id not in readable or not each.version_id for each in evidence)
    if withheld:
        return _shown(answer, text=WITHHELD, withheld=True, citations=())
    citations = tuple(shown_citation(row, readable[row.evidence.document_id]) for row in rows)
    return _shown(answer, text=answer.text, withheld=False, citations=citations)


def rests_on(answer: Answer, cited: list[Evidence]) -> list[Evidence]:
    """Quotes rest on what they cite. A model may have used all it was shown, and what the conversation held before."""
    if answer.mode != Answer.Mode.MODEL:
        return cited
    question = answer.question
    before = Evidence.objects.filter(
        answer__question__conversation_id=question.conversation_id, answer__question_id__lte=question.pk
    )
    return [*cited, *before]


def readable_documents(evidence: list[Evidence], reader: Reader) -> dict[int | None, Document]:
    wanted = [item.document_id for item in evidence if item.document_id]
    found = Document.objects.readable_by(reader).searchable().filter(pk__in=wanted).select_related("source")
    return {document.pk: document for document in found}


def shown_citation(row: Citation, document: Document) -> ShownCitation:
    evidence = row.evidence
    return ShownCitation(
        citation_id=row.pk,
        marker=row.marker,
        passage_id=evidence.chunk_id,
        document_id=document.pk,
        version_id=evidence.version_id or 0,
        external_id=document.external_id,
        title=document.title or document.external_id,
        url=document.url,
        source=document.source.name,
        heading_path=tuple(evidence.heading_path),
        page=evidence.page,
        start=row.start,
        end=row.end,
        quote=row.quote,
        updated_at=document.modified_at,
        checked_at=document.checked_at,
        valid_until=document.valid_until,
        is_stale=document.is_stale(),
        is_current=evidence.version_id == document.current_version_id,
        is_reported=hasattr(row, "report"),
        is_settled=hasattr(row, "report") and row.report.settled_at is not None,
    )


def shown_sentence(row: AnswerSentence, text: str) -> ShownSentence:
    behind = MARKERS_BEHIND.match(text, row.end)
    end = behind.end() if behind else row.end
    return ShownSentence(row.start, end, row.verdict, tuple(row.markers), tuple(row.problems), row.repaired)


def _shown(answer: Answer, *, text: str, withheld: bool, citations: tuple[ShownCitation, ...]) -> ShownAnswer:
    return ShownAnswer(
        id=answer.pk,
        outcome=answer.outcome,
        mode=answer.mode,
        text=text,
        notice="" if withheld else answer.notice,
        is_running=not answer.outcome,
        is_withheld=withheld,
        error=answer.error,
        is_stopped=bool(answer.context.get("stopped")),
        given_on=answer.reused_from.finished_at if answer.reused_from and not withheld else None,
        citations=citations,
        placed=placed(text, citations),
        sentences=() if withheld else tuple(shown_sentence(row, text) for row in answer.sentences.all()),
    )


def placed(text: str, citations: tuple[ShownCitation, ...]) -> tuple[tuple[int, Part], ...]:
    """`text` cut at its markers, each part with its offset; a marker without a citation is dropped, not shown."""
    by_marker = {citation.marker: citation for citation in citations}
    parts: list[tuple[int, Part]] = []
    position = 0
    for found in MARKER.finditer(text):
        parts += [(position, text[position : found.start()])] if found.start() > position else []
        parts += [(found.start(), by_marker[int(found[1])])] if int(found[1]) in by_marker else []
        position = found.end()
    return (*parts, (position, text[position:])) if position < len(text) else tuple(parts)
