"""Puts the prompt together: what the model is told, the conversation so far, and the passages in their frames."""

import secrets
from collections.abc import Sequence

from django.conf import settings

from app.answers.draft import Draft
from app.prompts.active import active_prompt
from app.providers.types import Message
from retrieval.passage import Passage

CHARACTERS_PER_TOKEN = 4


def passages_that_fit(passages: Sequence[Passage]) -> list[Passage]:
    """The best passages that fit the prompt's room, at least one."""
    room = settings.LLM_CONTEXT_TOKENS * CHARACTERS_PER_TOKEN
    chosen: list[Passage] = []
    for passage in passages:
        room -= len(passage.text)
        if chosen and room < 0:
            break
        chosen.append(passage)
    return chosen


def messages(draft: Draft, passages: Sequence[Passage]) -> list[Message]:
    """The prompt. Its frame word is random, so that no document can close the frame it is quoted in."""
    prompt = active_prompt("answer")
    draft.prompt_version = prompt.version
    frame = f"FRAME-{secrets.token_hex(6)}"
    turns = [message for turn in draft.history for message in _said(turn.question, turn.answer)]
    framed = "\n\n".join(_framed(number, passage, frame) for number, passage in enumerate(passages, start=1))
    question = (
        draft.question if draft.standalone == draft.question else f"{draft.question}\n(That is: {draft.standalone})"
    )
    return [
        Message("system", prompt.text.replace("{frame}", frame)),
        *turns,
        Message("user", f"{framed}\n\nQuestion: {question}"),
    ]


def _said(question: str, answer: str) -> list[Message]:
    return [Message("user", question), Message("assistant", answer)] if answer else []


def _framed(number: int, passage: Passage, frame: str) -> str:
    changed = f", last changed {passage.updated_at:%d %B %Y}" if passage.updated_at else ""
    stale = ", past its review date" if passage.is_stale else ""
    section = f", section {passage.section}" if passage.heading_path else ""
    return f"{frame} [{number}] {passage.title}{section}{changed}{stale}\n{passage.text}\n{frame} end of [{number}]"
