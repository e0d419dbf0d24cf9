"""The only way in which answers come to a language model: everything that protects a call is wrapped around it here."""

from typing import Literal

from app.answers.draft import Draft
from app.providers.registry import get_chat_model
from app.providers.types import ChatModel

Task = Literal["rewrite", "answer", "judge"]


def chat_for(draft: Draft, task: Task) -> ChatModel | None:
    """The model for `task` in this answer; None where none is configured."""
    return get_chat_model()
