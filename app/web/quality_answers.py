"""The answers behind a figure of the quality page: which they are, and of which a text may be shown.

A question is shown only of answers in the sample that people grade, to those who grade, if they may read all that the
answer rests on, and by the policy on personal data. Who asked is never told.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet

from app.answers.models import Answer, AnswerSentence, Feedback, Outcome
from app.corpus.access import Reader
from app.reviews.models import ReviewItem
from app.reviews.readable import readable_items
from app.reviews.seen import redactor
from app.web.quality_choice import Asked


@dataclass(frozen=True, slots=True)
class What:
    """A kind of answers that a figure counts: how it is called in a list, and the condition on answers."""

    label: str
    chosen: Callable[["QuerySet[Answer]"], "QuerySet[Answer]"]


def _outcome(outcome: Outcome) -> Callable[["QuerySet[Answer]"], "QuerySet[Answer]"]:
    return lambda answers: answers.filter(outcome=outcome)


def _thumb(value: str) -> Callable[["QuerySet[Answer]"], "QuerySet[Answer]"]:
    return lambda answers: answers.filter(feedback__value=value)


def _poorly_supported(answers: "QuerySet[Answer]") -> "QuerySet[Answer]":
    """With a sentence that claims something and is not supported."""
    verdict = AnswerSentence.Verdict
    lacking = AnswerSentence.objects.exclude(verdict__in=(verdict.NO_CLAIM, verdict.SUPPORTED))
    return answers.filter(pk__in=lacking.values("answer"))


def _little_supported(answers: "QuerySet[Answer]") -> "QuerySet[Answer]":
    verdict = AnswerSentence.Verdict
    counted = (
        AnswerSentence.objects.filter(answer__in=answers.values("pk"))
        .values("answer")
        .annotate(
            claims=Count("pk", filter=~Q(verdict=verdict.NO_CLAIM)),
            supported=Count("pk", filter=Q(verdict=verdict.SUPPORTED)),
        )
        .filter(claims__gt=F("supported") * 2)
        .order_by()
    )
    return answers.filter(pk__in=counted.values("answer"))


def _reported(answers: "QuerySet[Answer]") -> "QuerySet[Answer]":
    reported = ~Q(citations__report__finding="fine") & Q(citations__report__isnull=False)
    return answers.filter(pk__in=answers.filter(reported).values("pk"))


WHAT: dict[str, What] = {
    "": What("Answers", lambda answers: answers),
    "graded": What("Answers in the sample that people grade", lambda answers: answers.filter(review__isnull=False)),
    "not_found": What("Nothing found", _outcome(Outcome.NOT_FOUND)),
    "caveat": What("Answered with a caveat", _outcome(Outcome.CAVEAT)),
    "conflict": What("Sources disagree", _outcome(Outcome.CONFLICT)),
    "degraded": What("Quoted because the model was unavailable", _outcome(Outcome.DEGRADED)),
    "helpful": What("Thumbs up", _thumb(Feedback.Value.UP)),
    "unhelpful": What("Thumbs down", _thumb(Feedback.Value.DOWN)),
    "supported": What("A sentence is not fully supported", _poorly_supported),
    "low_support": What("Fewer than half of the sentences are supported", _little_supported),
    "reported": What("A citation was reported", _reported),
}


def listed(asked: Asked) -> "QuerySet[Answer]":
    """The answers behind a figure, the latest first."""
    answers = asked.slice.answers(asked.first, asked.last)
    return (
        WHAT.get(asked.what, WHAT[""])
        .chosen(answers)
        .select_related("question", "review")
        .order_by("-finished_at", "-pk")
    )


@dataclass(frozen=True, slots=True)
class Listed:
    """`question` is empty where it is not shown; `item_id` where it is in the sample and the viewer grades."""

    answer: Answer
    item_id: int | None = None
    question: str = ""
    is_closed: bool = False


def as_listed(answers: Sequence[Answer], reader: Reader, *, may_review: bool) -> list[Listed]:
    if not may_review:
        return [Listed(answer) for answer in answers]
    items = ReviewItem.objects.filter(answer__in=answers).select_related("answer__question")
    by_answer = {item.answer_id: item for item in items}
    readable = {item.pk for item in readable_items(list(by_answer.values()), reader)}
    hide = redactor()
    found = []
    for answer in answers:
        item = by_answer.get(answer.pk)
        if item is None:
            found.append(Listed(answer))
        elif item.pk in readable:
            found.append(Listed(answer, item.pk, hide.text(answer.question.text)))
        else:
            found.append(Listed(answer, item.pk, is_closed=True))
    return found
