"""An answer as a reviewer is given it: through the reader's rights, without personal data, and without who asked.

Whoever may not read every passage gets a redacted form, in which nothing stands that could hold words of a closed one:
not the question, nor what a model wrote. It cannot be graded.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.conf import settings

from app.answers.looking import may_be_looked_at
from app.answers.models import Answer, Citation, Evidence, Question
from app.answers.redacting import applied, cuts, moved
from app.answers.shown import MARKER, MARKERS_BEHIND, readable_documents
from app.corpus.access import Reader
from app.corpus.models import Document
from app.corpus.sentences import split
from app.reviews.models import ReviewItem
from app.safety.configured import Configured, configured
from app.safety.personal_data.kinds import Kind
from app.safety.personal_data.policy import Place, Treatment

CLOSED_SENTENCE = "A sentence that rests on a passage you may not read."
MOST_TURNS = 10
WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words that is cited or is not, or a marker of the answer's text."""

    text: str
    is_cited: bool = False
    marker: int = 0


@dataclass(frozen=True, slots=True)
class SeenSentence:
    pieces: tuple[Piece, ...]
    is_closed: bool = False


@dataclass(frozen=True, slots=True)
class SeenTurn:
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class SeenPassage:
    """`markers` are the numbers under which the answer cites it; none for one that was found and not cited."""

    markers: tuple[int, ...]
    pieces: tuple[Piece, ...] = ()
    title: str = ""
    section: str = ""
    page: int | None = None
    document_id: int = 0
    version_id: int = 0
    start: int = 0
    end: int = 0
    is_current: bool = True
    is_stale: bool = False

    @property
    def is_closed(self) -> bool:
        return not self.document_id


@dataclass(frozen=True, slots=True)
class Seen:
    is_whole: bool
    question: str
    before: tuple[SeenTurn, ...]
    sentences: tuple[SeenSentence, ...]
    notice: str
    cited: tuple[SeenPassage, ...]
    other: tuple[SeenPassage, ...]
    asked_by: str

    @property
    def closed_passages(self) -> int:
        return sum(each.is_closed for each in (*self.cited, *self.other))


@dataclass(frozen=True, slots=True)
class Redactor:
    """Leaves out what the policy keeps from reviewers."""

    admins: Configured
    kinds: frozenset[Kind]

    def text(self, text: str) -> str:
        return applied(text, cuts(text, self.admins, self.kinds)) if self.kinds else text

    def places(self, text: str, places: Sequence[int]) -> tuple[str, list[int]]:
        """The text, and offsets into it moved to where they are now."""
        found = cuts(text, self.admins, self.kinds) if self.kinds else []
        return applied(text, found), [moved(place, found) for place in places]


def redactor() -> Redactor:
    admins = configured()
    return Redactor(admins, admins.policy.kinds(Place.REVIEW, Treatment.REDACT))


def seen(item: ReviewItem, reader: Reader) -> Seen:
    answer, hide = item.answer, redactor()
    evidence = list(answer.evidence.select_related("version"))
    citations = list(answer.citations.all())
    readable = readable_documents(evidence, reader)
    is_whole = may_be_looked_at(answer, reader)
    passages = [_passage(each, citations, readable, hide) for each in evidence]
    readable_markers = {marker for each in passages if not each.is_closed for marker in each.markers}
    return Seen(
        is_whole=is_whole,
        question=hide.text(answer.question.text) if is_whole else "",
        before=_before(answer.question, hide) if is_whole else (),
        sentences=_sentences(answer, hide) if is_whole else _redacted(answer, readable_markers, hide),
        notice=hide.text(answer.notice) if is_whole else "",
        cited=tuple(sorted((each for each in passages if each.markers), key=lambda each: each.markers)),
        other=tuple(each for each in passages if not each.markers),
        asked_by=answer.question.conversation.user.email if settings.ATTEST_REVIEW_SHOW_ASKER else "",
    )


def _before(question: Question, hide: Redactor) -> tuple[SeenTurn, ...]:
    rows = Question.objects.filter(conversation=question.conversation_id, pk__lt=question.pk).select_related("answer")
    last = list(rows.order_by("-pk")[:MOST_TURNS])[::-1]
    return tuple(
        SeenTurn(hide.text(row.text), hide.text(row.answer.text if hasattr(row, "answer") else "")) for row in last
    )


def _sentences(answer: Answer, hide: Redactor) -> tuple[SeenSentence, ...]:
    text, starts = hide.places(answer.text, _starts(answer))
    spans = pairwise([*starts, len(text)])
    return tuple(SeenSentence(_with_markers(text[a:b])) for a, b in spans if text[a:b].strip())


def _starts(answer: Answer) -> list[int]:
    """Where sentences begin: as they were checked, or else as they read. Markers belong to the sentence before them."""
    checked = [each.start for each in answer.sentences.all()]
    starts = checked or [each.start for each in split(answer.text)]
    behind = (MARKERS_BEHIND.match(answer.text, start) for start in starts)
    moved_on = {match.end() if match else start for start, match in zip(starts, behind, strict=True)}
    return _with_words(answer.text, sorted({0, *(start for start in moved_on if start < len(answer.text))}))


def _with_words(text: str, starts: list[int]) -> list[int]:
    """Without those behind which no word stands before the next: the mark of a list belongs to its item."""
    ends = [*starts[1:], len(text)]
    lone = {end for start, end in zip(starts, ends, strict=True) if not WORD.search(text[start:end])}
    return [start for start in starts if start not in lone]


def _redacted(answer: Answer, readable: set[int], hide: Redactor) -> tuple[SeenSentence, ...]:
    """Of a quoted answer the sentences that rest on readable passages alone. A model may have used anything."""
    if answer.mode != Answer.Mode.EXTRACTIVE:
        return (SeenSentence((Piece(CLOSED_SENTENCE),), is_closed=True),) if answer.text else ()
    found = []
    for sentence in _sentences(answer, hide):
        markers = {piece.marker for piece in sentence.pieces if piece.marker}
        is_open = bool(markers) and markers <= readable
        found.append(sentence if is_open else SeenSentence((Piece(CLOSED_SENTENCE),), is_closed=True))
    return tuple(found)


def _with_markers(text: str) -> tuple[Piece, ...]:
    text = text.strip()
    pieces: list[Piece] = []
    at = 0
    for match in MARKER.finditer(text):
        pieces += [Piece(text[at : match.start()])] if match.start() > at else []
        pieces.append(Piece(match[0], marker=int(match[1])))
        at = match.end()
    return (*pieces, Piece(text[at:])) if at < len(text) else tuple(pieces)


def _passage(
    evidence: Evidence, citations: Sequence[Citation], readable: dict[int | None, Document], hide: Redactor
) -> SeenPassage:
    mine = [each for each in citations if each.evidence_id == evidence.pk]
    markers = tuple(sorted(each.marker for each in mine))
    document = readable.get(evidence.document_id)
    if document is None or evidence.version is None:
        return SeenPassage(markers)
    text = evidence.version.text[evidence.start : evidence.end]
    spans = [
        (max(each.start, evidence.start) - evidence.start, min(each.end, evidence.end) - evidence.start)
        for each in mine
    ]
    return SeenPassage(
        markers=markers,
        pieces=_highlighted(text, [span for span in spans if span[0] < span[1]], hide),
        title=hide.text(document.title or document.external_id),
        section=hide.text(" › ".join(evidence.heading_path)),
        page=evidence.page,
        document_id=document.pk,
        version_id=evidence.version_id or 0,
        start=mine[0].start if mine else evidence.start,
        end=mine[0].end if mine else evidence.end,
        is_current=evidence.version_id == document.current_version_id,
        is_stale=document.is_stale(),
    )


def _highlighted(text: str, spans: Sequence[tuple[int, int]], hide: Redactor) -> tuple[Piece, ...]:
    borders = sorted({0, len(text), *(place for span in spans for place in span)})
    put, places = hide.places(text, borders)
    is_cited = [any(start <= at < end for start, end in spans) for at in borders[:-1]]
    return tuple(Piece(put[a:b], cited) for (a, b), cited in zip(pairwise(places), is_cited, strict=True) if put[a:b])
