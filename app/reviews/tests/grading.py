"""Short ways to put answers into the queue and to grade them."""

from typing import Any

from app.accounts.models import User
from app.answers.models import Answer
from app.corpus.models import Document
from app.reviews.models import ReviewItem, Verdict
from app.reviews.queue import Given, open_item, save_verdict
from app.reviews.rubric import LEVELS
from app.reviews.sampling import sample
from app.tests.world import answered_question

GOOD = {name: max(levels) for name, levels in LEVELS.items()}
POOR = dict.fromkeys(LEVELS, 0)


def queued(answer: Answer, **fields: Any) -> ReviewItem:
    sample()
    ReviewItem.objects.filter(answer=answer).update(**fields)
    return ReviewItem.objects.get(answer=answer)


def asked_and_queued(asker: User, question: str, document: Document, **fields: Any) -> ReviewItem:
    return queued(answered_question(asker, question, document, **fields))


def grade(item: ReviewItem, reviewer: User, levels: dict[str, int] | None = None, **said: Any) -> Verdict:
    opened = open_item(item.pk, reviewer)
    verdict = save_verdict(item.pk, reviewer, Given(levels or GOOD, **said), opened.rubric.version)
    item.refresh_from_db()
    return verdict
