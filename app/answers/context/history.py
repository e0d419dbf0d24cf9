"""The conversation so far, as far as it fits: the last turns in full, and the older ones summed up or left out."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

import structlog

from app.answers.chat import chat_for
from app.answers.context.room import Room
from app.answers.context.tokens import TOKENS_AROUND_A_MESSAGE
from app.answers.draft import Draft
from app.answers.following.turns import Turn
from app.answers.shown import MARKER
from app.prompts.active import active_prompt
from app.prompts.frames import Frame, plain
from app.providers.errors import ProviderError
from app.providers.types import ChatModel, Delta, Message

log = structlog.get_logger(__name__)

# Of what a prompt may take, the rest is for the passages, which the answer must come from.
HISTORY_SHARE = 0.25
SUMMARY_TOKENS = 200
EARLIER = "earlier turns"


@dataclass(frozen=True, slots=True)
class History:
    """`turns` are shown in full, after a `summary` of `summarised` older ones; `dropped` ones are not shown at all."""

    turns: tuple[Turn, ...] = ()
    summary: str = ""
    summarised: int = 0
    dropped: int = 0

    def texts(self) -> list[str]:
        return [self.summary, *(text for turn in self.turns for text in (turn.question, turn.answer))]

    def messages(self) -> list[Message]:
        return [message for turn in self.turns for message in _said_in(turn)]

    def shorter(self) -> "History":
        """Without its oldest part; the same when nothing is left."""
        if self.summary:
            return replace(self, summary="", summarised=0, dropped=self.dropped + self.summarised)
        return replace(self, turns=self.turns[1:], dropped=self.dropped + 1) if self.turns else self


def _said_in(turn: Turn) -> tuple[Message, Message]:
    return Message("user", plain(turn.question)), Message("assistant", plain(turn.answer))


async def fitted_history(draft: Draft, room: Room) -> History:
    """What the model is told of the conversation. Never raises for a model that fails to sum up."""
    said = tuple(replace(turn, answer=MARKER.sub("", turn.answer)) for turn in draft.history if turn.answer)
    if not draft.context.get("rewrite", {}).get("leans", True):
        return History(dropped=len(said))  # A new topic: nothing of the old one may colour the answer.
    share = int(room.prompt_tokens * HISTORY_SHARE)
    if _tokens(said, room) <= share:
        return History(said)
    kept = said
    while kept and _tokens(kept, room) > share - SUMMARY_TOKENS:
        kept = kept[1:]
    older = said[: len(said) - len(kept)]
    summary = await _summary(draft, older, room)
    if not summary:
        return History(kept, dropped=len(older))
    return History(kept, summary, summarised=len(older))


def _tokens(turns: Sequence[Turn], room: Room) -> int:
    return sum(
        2 * TOKENS_AROUND_A_MESSAGE + room.counter.count(turn.question) + room.counter.count(turn.answer)
        for turn in turns
    )


async def _summary(draft: Draft, turns: Sequence[Turn], room: Room) -> str:
    """In the words of the model that makes questions stand alone; "" where there is none, or where it fails."""
    model = chat_for(draft, "rewrite")
    if model is None or not turns:
        return ""
    messages = summarising(turns)
    while len(turns) > 1 and room.count(messages) + SUMMARY_TOKENS > room.context_tokens:
        turns = turns[1:]
        messages = summarising(turns)
    try:
        said = await _said(model, messages)
    except ProviderError as error:
        log.warning("history_not_summarised", error=type(error).__name__)
        return ""
    return " ".join(said.split())


def summarising(turns: Sequence[Turn]) -> list[Message]:
    whole = "\n\n".join(f"Asked: {turn.question}\nAnswered: {turn.answer}" for turn in turns)
    frame = Frame.around([whole])
    return [
        Message("system", active_prompt("summarise").filled(frame.word)),
        Message("user", frame.block(EARLIER, whole)),
    ]


async def _said(model: ChatModel, messages: Sequence[Message]) -> str:
    async with aclosing(model.stream(messages, max_tokens=SUMMARY_TOKENS, temperature=0.0)) as reply:
        return "".join([part.text async for part in reply if isinstance(part, Delta)])
