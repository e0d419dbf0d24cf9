"""Topics as one viewer sees them: who asked is never told, and texts only to whom they may be.

What one person alone asks is shown to those who judge answers, and to nobody else: its words would tell on them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from app.answers.models import Answer, Evidence
from app.corpus.access import Reader
from app.corpus.models import Document
from app.quality.models import UnansweredTopic
from app.reviews.readable import readable_answers
from app.reviews.seen import redactor

RECENT = timedelta(days=28)
MOST_EXAMPLES = 2
LOOKED_THROUGH = 6
MOST_NEAREST = 3
# Passages of a question that say which documents came nearest.
NEAREST_RANKS = 3


@dataclass(frozen=True, slots=True)
class Example:
    answer_id: int
    text: str


@dataclass(frozen=True, slots=True)
class SeenTopic:
    """`recent` were asked in the last four weeks, `before` in the four before. `name` is empty where it is not told."""

    topic: UnansweredTopic
    name: str
    questions: int
    askers: int
    recent: int
    before: int
    examples: tuple[Example, ...]
    nearest: tuple[Document, ...]

    @property
    def trend(self) -> str:
        if not self.before:
            return "new" if self.recent == self.questions else "again"
        if self.recent > self.before:
            return "more"
        return "fewer" if self.recent < self.before else "as before"


def counted_topics(*, dismissed: bool = False) -> "QuerySet[UnansweredTopic, Any]":
    """With counts, what is asked most at present first. Topics without questions are left out."""
    now = timezone.now()
    asked = "questions__answer__finished_at"
    rows = UnansweredTopic.objects.filter(dismissed_at__isnull=not dismissed).select_related("dismissed_by")
    counted = rows.annotate(
        asked=Count("questions"),
        askers=Count("questions__answer__question__conversation__user", distinct=True),
        recent=Count("questions", filter=Q(**{f"{asked}__gte": now - RECENT})),
        before=Count("questions", filter=Q(**{f"{asked}__lt": now - RECENT, f"{asked}__gte": now - 2 * RECENT})),
    )
    return (counted if dismissed else counted.filter(asked__gt=0)).order_by("-recent", "-asked", "pk")


def seen_topics(topics: Iterable[Any], reader: Reader, *, may_review: bool) -> list[SeenTopic]:
    """`topics` come from `counted_topics`."""
    rows = list(topics)
    keys = [row.pk for row in rows]
    told = {row.pk for row in rows if may_review or row.askers >= 2}
    examples = _examples(told, reader)
    nearest = nearest_documents(keys, reader)
    return [
        SeenTopic(
            row, _name(row, row.pk in told and (row.askers >= 2 or bool(examples[row.pk]))), row.asked, row.askers,
            row.recent, row.before, tuple(examples[row.pk]), tuple(nearest[row.pk][:MOST_NEAREST]),
        )
        for row in rows
    ]  # fmt: skip


def _name(topic: UnansweredTopic, is_told: bool) -> str:
    return ", ".join(topic.words) if is_told else ""


def _examples(topics: Collection[int], reader: Reader) -> dict[int, list[Example]]:
    """The latest questions as they were typed that the reader may read, each wording once, by the policy on data."""
    found: dict[int, list[Example]] = defaultdict(list)
    by_topic: dict[int, list[Answer]] = defaultdict(list)
    for topic in topics:
        rows = Answer.objects.filter(unanswered__topic=topic).select_related("question").order_by("-pk")
        by_topic[topic] = list(rows[:LOOKED_THROUGH])
    readable = readable_answers([each for answers in by_topic.values() for each in answers], reader)
    hide = redactor()
    for topic, answers in by_topic.items():
        said: set[str] = set()
        for answer in answers:
            text = answer.question.text
            if answer.pk in readable and text.casefold() not in said and len(found[topic]) < MOST_EXAMPLES:
                said.add(text.casefold())
                found[topic].append(Example(answer.pk, hide.text(text)))
    return found


def nearest_documents(topics: Sequence[int], reader: Reader) -> dict[int, list[Document]]:
    """Of each topic the documents that most often came near its questions, of those that the reader may read."""
    rows = Evidence.objects.filter(
        answer__unanswered__topic__in=topics, rank__lte=NEAREST_RANKS, document__isnull=False
    )
    weights: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for topic, document, rank in rows.values_list("answer__unanswered__topic", "document", "rank"):
        weights[topic][document] += 1 / rank
    wanted = {document for near in weights.values() for document in near}
    readable = Document.objects.readable_by(reader).searchable().filter(pk__in=wanted).select_related("source")
    documents = {document.pk: document for document in readable}
    return defaultdict(list, {
        topic: [documents[key] for key in sorted(near, key=lambda key: (-near[key], key)) if key in documents]
        for topic, near in weights.items()
    })  # fmt: skip
