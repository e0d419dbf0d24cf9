"""Keeps the topics of what people ask and nothing answers: which questions, what they mean, and what they are named.

Done now and then by a worker; pages only read. Personal data is taken out of a question before anything is made of it.
"""

from datetime import timedelta

import numpy as np
import structlog
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from app.accounts.models import User
from app.answers.models import Answer, Feedback, Outcome
from app.answers.redacting import Cut, applied
from app.audit.events import TOPIC_DISMISSED, TOPIC_RESTORED, record_event
from app.providers.errors import ProviderError
from app.providers.registry import get_encoder
from app.providers.types import Encoder
from app.quality.models import UnansweredQuestion, UnansweredTopic
from app.quality.topics import Asked, heaps_of, stems_everywhere, telling_words, words_in
from app.reviews.sampling import eligible
from app.safety.configured import configured
from app.safety.personal_data.detect import find_personal_data

log = structlog.get_logger(__name__)

# Questions older than this leave their topics, and a topic without questions goes.
KEPT_DAYS = 90
# So many are encoded at once; the rest waits for the next time.
AT_ONCE = 500
LOCK = 7_311_205
# Thumbs down that say that the question was left open, whatever the answer said.
LEFT_OPEN = (Feedback.Reason.INCOMPLETE, Feedback.Reason.SHOULD_KNOW)


def unanswered() -> QuerySet[Answer]:
    """Answers of the last 90 days that found nothing, or that left the question open as their reader says."""
    today = timezone.now().date()
    down = Q(feedback__value=Feedback.Value.DOWN, feedback__reason__in=LEFT_OPEN)
    ended = eligible(today - timedelta(days=KEPT_DAYS), today)
    return ended.filter(Q(outcome=Outcome.NOT_FOUND) | down)


def find_topics() -> int:
    """How many questions are new in the topics. Two at once take turns; an encoder that is away is asked next time."""
    try:
        new = _encoded_anew(get_encoder())
    except ProviderError as error:
        log.warning("topics_not_found", error=type(error).__name__)
        return 0
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        gone, _ = UnansweredQuestion.objects.exclude(answer__in=unanswered().values("pk")).delete()
        if new or gone or UnansweredQuestion.objects.filter(topic=None).exists():
            _put_together()
            _name_all()
    return new


def _encoded_anew(encoder: Encoder) -> int:
    """Encode questions that are not yet, and those by another encoder, which stay in their topics."""
    known = UnansweredQuestion.objects.filter(encoder=encoder.name)
    due = unanswered().exclude(pk__in=known.values("answer")).select_related("question").order_by("pk")
    answers = list(due[:AT_ONCE])
    if not answers:
        return 0
    texts = [without_personal(each.question.standalone or each.question.text) for each in answers]
    vectors = encoder.encode_passages(texts)
    for answer, text, vector in zip(answers, texts, vectors, strict=True):
        said = {"words": words_in(text), "vector": np.asarray(vector, np.float32).tobytes(), "encoder": encoder.name}
        UnansweredQuestion.objects.update_or_create(answer=answer, defaults=said)
    return len(answers)


def without_personal(text: str) -> str:
    """The text with everything personal cut out, whatever the policy says of other places."""
    found = find_personal_data(text, configured().rules)
    return " ".join(applied(text, [Cut(each.start, each.end, " ") for each in found]).split())


def _put_together() -> None:
    rows = list(UnansweredQuestion.objects.filter(encoder=get_encoder().name).order_by("answer"))
    if rows:
        vectors = np.stack([np.frombuffer(bytes(row.vector), np.float32) for row in rows])
        dismissed = UnansweredTopic.objects.exclude(dismissed_at=None).values_list("pk", flat=True)
        for heap in heaps_of(vectors, [row.topic_id for row in rows], frozenset(dismissed)):
            key = heap.key if heap.key is not None else UnansweredTopic.objects.create().pk
            moved = [rows[at].pk for at in heap.members if rows[at].topic_id != key]
            UnansweredQuestion.objects.filter(pk__in=moved).update(topic=key)
    # What somebody decided stays, also while nobody asks.
    UnansweredTopic.objects.filter(questions=None, dismissed_at=None).delete()


def _name_all() -> None:
    asked: dict[int, list[Asked]] = {}
    rows = UnansweredQuestion.objects.exclude(topic=None).order_by("answer")
    for topic, words, asker in rows.values_list("topic", "words", "answer__question__conversation__user"):
        asked.setdefault(topic, []).append(Asked(words, asker))
    everything = [each for heap in asked.values() for each in heap]
    everywhere = stems_everywhere(everything)
    topics = UnansweredTopic.objects.in_bulk(asked)
    for key, heap in asked.items():
        topics[key].words = telling_words(heap, everywhere, len(everything))
    UnansweredTopic.objects.bulk_update(topics.values(), ["words"], batch_size=500)


def dismiss(actor: User, topic: UnansweredTopic, note: str = "") -> None:
    """Nobody will answer this: the topic is listed no longer, and takes its questions with it."""
    with transaction.atomic():
        UnansweredTopic.objects.filter(pk=topic.pk).update(
            dismissed_at=timezone.now(), dismissed_by=actor, note=note.strip()[:500]
        )
        record_event(actor, TOPIC_DISMISSED, f"unanswered_topic:{topic.pk}")


def restore(actor: User, topic: UnansweredTopic) -> None:
    with transaction.atomic():
        UnansweredTopic.objects.filter(pk=topic.pk).update(dismissed_at=None, dismissed_by=None, note="")
        record_event(actor, TOPIC_RESTORED, f"unanswered_topic:{topic.pk}")
