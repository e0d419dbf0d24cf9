"""A turn: one question and its answer, as the page shows them to the person who asked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.answers.models import Answer, Conversation, Feedback, Outcome, Question
from app.answers.shown import Part, ShownAnswer, ShownCitation, placed, shown_answer
from app.answers.suggestions import suggestions
from app.corpus.access import Reader
from app.web.answer_text import AnswerBlock, lay_out
from app.web.check_words import SentenceCheck, checks_of, summary
from app.web.filter_choice import Narrowing, narrowing
from app.web.searched import Searched, searched_for

MOST_TURNS = 100
# The sentence of a notice that the two sources beside each other stand for.
SOURCES_DIFFER = re.compile(r"Sources differ: .*?Check which one applies to you\.\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Side:
    """One of two sources that disagree. `is_newer`: it changed on a later day than the other."""

    citation: ShownCitation
    is_newer: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """`sides` are the two sources that disagree; `searched` is there where nothing was found."""

    question: Question
    answer: Answer
    shown: ShownAnswer
    blocks: list[AnswerBlock]
    notice: list[AnswerBlock]
    feedback: Feedback | None
    checks: list[SentenceCheck]
    sides: tuple[Side, ...]
    narrowing: Narrowing
    searched: Searched | None
    suggestions: list[str]

    @property
    def took_s(self) -> float | None:
        ended = self.answer.finished_at
        return (ended - self.answer.started_at).total_seconds() if ended else None

    @property
    def sources(self) -> tuple[ShownCitation, ...]:
        return self.shown.citations

    @property
    def has_stale_source(self) -> bool:
        return any(citation.is_stale for citation in self.shown.citations)

    @property
    def is_quoted(self) -> bool:
        return self.answer.mode == Answer.Mode.EXTRACTIVE

    @property
    def checked(self) -> str:
        """How much of it is supported, of an answer that a model wrote: quotes are the documents' own words."""
        return "" if self.is_quoted else summary(self.checks)

    @property
    def has_unsupported(self) -> bool:
        return any(check.is_marked for check in self.checks)

    @property
    def can_be_judged(self) -> bool:
        return not self.shown.is_running and not self.shown.is_withheld and self.shown.outcome != Outcome.FAILED


def turn_of(answer: Answer, reader: Reader, *, is_last: bool = True) -> Turn:
    """The turn as `reader` may see it now. Suggestions are made for the last one alone."""
    shown = shown_answer(answer, reader)
    notice = placed(shown.notice, shown.citations)
    sides = sides_of(shown, [part for _, part in notice])
    checks = checks_of(shown.sentences, quoted=answer.mode == Answer.Mode.EXTRACTIVE)
    was_not_found = shown.outcome == Outcome.NOT_FOUND and not shown.is_withheld
    return Turn(
        question=answer.question,
        answer=answer,
        shown=shown,
        blocks=lay_out(shown.placed, checks),
        notice=lay_out(placed(SOURCES_DIFFER.sub("", shown.notice), shown.citations) if sides else notice),
        feedback=Feedback.objects.filter(answer=answer).first(),
        checks=checks,
        sides=sides,
        narrowing=narrowing(answer.question.filters, reader),
        searched=searched_for(answer, reader) if was_not_found else None,
        suggestions=suggestions(answer, reader) if is_last and not shown.is_withheld else [],
    )


def sides_of(shown: ShownAnswer, notice: Sequence[Part]) -> tuple[Side, ...]:
    """The two sources that disagree: those the notice names, else the first two of different documents."""
    if shown.outcome != Outcome.CONFLICT:
        return ()
    named = [part for part in notice if isinstance(part, ShownCitation)]
    both = named if len({each.document_id for each in named}) > 1 else shown.citations
    by_document: dict[int, ShownCitation] = {}
    for citation in both:
        by_document.setdefault(citation.document_id, citation)
    if len(by_document) < 2:
        return ()
    first, second = list(by_document.values())[:2]
    days = [each.updated_at.date() if each.updated_at else None for each in (first, second)]
    later = max((day for day in days if day), default=None) if None not in days and days[0] != days[1] else None
    return tuple(
        Side(each, later is not None and day == later) for each, day in zip((first, second), days, strict=True)
    )


def turns_of(conversation: Conversation, reader: Reader) -> list[Turn]:
    """The conversation's last turns in the order they were asked."""
    answers = Answer.objects.filter(question__conversation=conversation)
    rows = answers.select_related("question__conversation", "reused_from").order_by("-question_id")[:MOST_TURNS]
    last_first = [turn_of(answer, reader, is_last=place == 0) for place, answer in enumerate(rows)]
    return last_first[::-1]
