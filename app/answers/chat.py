"""The only way in which answers come to a language model: everything that protects a call is wrapped around it here.

The models of a route make a chain. Each of them is, from the inside out, protected by its own circuit, limit and
retries, shown no personal data that must stay here, and paid for; the next one is asked when it fails.
"""

import time
from dataclasses import asdict
from typing import Any, Literal

from django.conf import settings

from app.answers.difficulty import is_hard
from app.answers.draft import Draft
from app.answers.private_model import private
from app.answers.spending import budgeted
from app.answers.stopping import StoppableChatModel
from app.providers.chat_models import chat_models, protected
from app.providers.fallback import FallbackChatModel, WholeReply
from app.providers.named_models import NamedModel, Route
from app.providers.noted_chat import ANSWERED, STOPPED, Attempt
from app.providers.reply_checks import language_of
from app.providers.types import ChatModel

Task = Literal["rewrite", "answer", "judge"]
# A rewritten question or a verdict is short, and the answer goes on without it.
SIDE_TASK_S = 8.0


def chat_for(draft: Draft, task: Task) -> ChatModel | None:
    """The models for `task` in this answer as one; None where none is configured, or none is left to be asked.

    A model that broke off in the middle of this answer is not asked for it again.
    """
    route, given_up = route_for(draft, task), broke_off(draft, task)
    models = [_asked(named, draft, task, route) for named in chat_models(route) if named.name not in given_up]
    if not models:
        return None
    chain = FallbackChatModel(models, patience_s=settings.LLM_PATIENCE_S)
    # A question is rewritten within a step that is stopped as a whole.
    return chain if task == "rewrite" else StoppableChatModel(chain, draft)


def route_for(draft: Draft, task: Task) -> Route:
    """Near a budget the cheaper models answer; far from it, the stronger ones what is hard."""
    if draft.budget_state == "near":
        return "cheap"
    if task == "answer" and is_hard(draft.standalone or draft.question, draft.passages):
        return "answer_hard"
    return task


def broke_off(draft: Draft, task: Task) -> set[str]:
    """Names of the models that failed after their first word in this answer."""
    fine = (ANSWERED, STOPPED)
    return {
        each["name"]
        for each in draft.attempts
        if each["task"] == task and each["ended"] not in fine and each["first_token_ms"] is not None
    }


def _asked(named: NamedModel, draft: Draft, task: Task, route: Route) -> ChatModel:
    language = language_of(draft.question) if task == "answer" else ""
    model = protected(named, note=_Notes(draft, task, route), language=language)
    paid = budgeted(private(model, draft, named), draft, task)
    return paid if task == "answer" else WholeReply(paid, within_s=SIDE_TASK_S)


class _Notes:
    """Writes each attempt down in the draft."""

    def __init__(self, draft: Draft, task: Task, route: Route) -> None:
        self._draft = draft
        self._task = task
        self._route = route

    def __call__(self, attempt: Attempt) -> None:
        now_ms = (time.perf_counter() - self._draft.began) * 1000
        began = {"task": self._task, "route": self._route, "began_ms": round(now_ms - attempt.ms, 1)}
        noted: dict[str, Any] = began | asdict(attempt)
        self._draft.attempts.append(noted)
        if self._task == "answer" and attempt.ended in (ANSWERED, STOPPED):
            self._draft.model = attempt.model[:120]
