"""A turn: one question and its answer, as the page shows them to the person who asked."""

from dataclasses import dataclass

from app.answers.models import Answer, Conversation, Feedback, Question
from app.answers.shown import ShownAnswer, ShownCitation, segments, shown_answer
from app.corpus.access import Reader
from app.web.answer_text import AnswerBlock, lay_out

MOST_TURNS = 100


@dataclass(frozen=True, slots=True)
class Turn:
    question: Question
    answer: Answer
    shown: ShownAnswer
    blocks: list[AnswerBlock]
    notice: list[AnswerBlock]
    feedback: Feedback | None

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
    def can_be_judged(self) -> bool:
        return not self.shown.is_running and not self.shown.is_withheld and self.shown.outcome != "failed"


def turn_of(answer: Answer, reader: Reader) -> Turn:
    shown = shown_answer(answer, reader)
    feedback = Feedback.objects.filter(answer=answer).first()
    notice = lay_out(segments(shown.notice, shown.citations))
    return Turn(answer.question, answer, shown, lay_out(shown.segments), notice, feedback)


def turns_of(conversation: Conversation, reader: Reader) -> list[Turn]:
    """The conversation's last turns in the order they were asked."""
    answers = Answer.objects.filter(question__conversation=conversation).select_related("question__conversation")
    last = list(answers.order_by("-question_id")[:MOST_TURNS])
    return [turn_of(answer, reader) for answer in reversed(last)]
