"""Answers of the real pipeline over a small library, graded by a reviewer."""

from typing import Any

from app.accounts.models import Role, User
from app.answers.models import Conversation
from app.answers.tests.asked import add, asked, library, person
from app.corpus.models import Document, Source
from app.corpus.terms import fold_changes
from app.reviews.models import ReviewItem
from app.reviews.rubric import LEVELS
from app.reviews.tests.grading import GOOD, grade, queued

__all__ = ["GOOD", "HOTEL", "LEVELS", "answers_to", "asked_again", "lending_desk", "reviewer", "shelf"]
HOTEL = "How much may a hotel cost a night?"
THINGS = (
    "projector", "kayak", "drill", "tent", "camera", "ladder", "trolley", "banner", "microphone", "generator", "heater",
    "stretcher", "canopy", "loudspeaker", "whiteboard", "telescope", "sledge", "wheelbarrow", "compressor", "tripod",
    "parasol", "lantern",
)  # fmt: skip


def reviewer(email: str = "rita@example.com") -> User:
    """In the group that may read what is closed, so that no answer is closed to her."""
    found = person(email, "finance")
    User.objects.filter(pk=found.pk).update(roles=[Role.REVIEWER])
    found.refresh_from_db()
    return found


def answers_to(asker: User, question: str, by: User, levels: dict[str, int] | None = None, **said: Any) -> ReviewItem:
    conversation: Conversation | None = said.pop("conversation", None)
    answer, _ = asked(asker, question, conversation)
    item = queued(answer)
    grade(item, by, levels, **said)
    return item


def asked_again(item: ReviewItem) -> str:
    return f"review-{item.pk}"


def shelf() -> dict[str, Source]:
    return library()


def lending_desk(source: Source) -> tuple[Document, list[str]]:
    """A document with a fact for each thing, and a question for each."""
    lines = [f"## {thing.title()}\n\nThe {thing} is lent for {place + 2} days." for place, thing in enumerate(THINGS)]
    document = add(source, "lending.md", "# Lending desk\n\n" + "\n\n".join(lines) + "\n")
    fold_changes()
    return document, [f"For how many days is the {thing} lent?" for thing in THINGS]
