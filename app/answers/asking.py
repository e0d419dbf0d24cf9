"""Putting a question: the rows that exist before any work is done for it."""

from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from app.accounts.models import User
from app.answers.audited import audit_question
from app.answers.limits import admit_question
from app.answers.models import Answer, Conversation, Question

MAX_QUESTION_CHARACTERS = 2000
TITLE_CHARACTERS = 80


class QuestionError(ValueError):
    """The question cannot be asked as it is; the message tells the asker what to change."""


@transaction.atomic
def ask(
    user: User,
    text: str,
    conversation: Conversation | None = None,
    filters: dict[str, Any] | None = None,
    *,
    is_limited: bool = True,
) -> Question:
    """A new question in `conversation`, or in a new one, with its unfinished Answer.

    `filters` as `chosen_filters` made them. Raises QuestionError, and TooMany where a limit is reached: the
    command line alone is without limits.
    """
    text = " ".join(text.replace("\x00", " ").split())
    if not text:
        raise QuestionError("Type a question first.")
    if len(text) > MAX_QUESTION_CHARACTERS:
        raise QuestionError(f"Keep the question under {MAX_QUESTION_CHARACTERS:,} characters.")
    if conversation is None:
        conversation = Conversation.objects.create(user=user, title=shortened(text))
    elif conversation.user_id != user.pk:
        raise QuestionError("That conversation does not exist.")
    else:
        Conversation.objects.filter(pk=conversation.pk).update(updated_at=timezone.now())
    question = Question.objects.create(conversation=conversation, text=text, filters=filters or {})
    Answer.objects.create(question=question, request_id=current_request_id())
    audit_question(user, question)
    if is_limited:
        admit_question(question.pk, user)
    return question


def shortened(text: str) -> str:
    return text if len(text) <= TITLE_CHARACTERS else text[: TITLE_CHARACTERS - 1].rsplit(" ", 1)[0] + "…"


def current_request_id() -> str:
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))
