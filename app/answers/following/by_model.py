"""Lets a language model make a follow-up standalone, and believes it only as far as the conversation bears it out."""

import asyncio
import re
from collections.abc import Sequence
from contextlib import aclosing

from app.answers.checking.names import Vocabulary, mentions
from app.answers.checking.names import names_in as all_names_in
from app.answers.checking.polarity import NEGATORS
from app.answers.checking.quantities import quantities_in
from app.answers.checking.words import content_stems
from app.answers.following.turns import Turn
from app.prompts.active import active_prompt
from app.prompts.frames import Frame, plain
from app.providers.types import ChatModel, Delta, Message

MAX_TOKENS = 120
READ_OF_AN_ANSWER = 600
LONGEST = 400
# A rewriting adds some words; one that is several times as long has become something else.
MOST_TIMES_LONGER = 3
ROOM_FOR_SHORT_ONES = 160
# Of the question's own words that the rewriting keeps, and of its new ones that the conversation has.
KEPT = 0.6
TAKEN_FROM_THE_CONVERSATION = 0.5
LABEL = re.compile(r"^\s*(?:(?:standalone|rewritten|search)?\s*(?:question|query)\s*:\s*)?[\"“']?", re.I)
QUOTE_AT_THE_END = re.compile(r"[\"”']\s*$")


async def rewritten(model: ChatModel, question: str, history: Sequence[Turn], *, within_s: float) -> str:
    """The question as the model made it, or "" where it cannot be believed. Raises ProviderError and TimeoutError."""
    said: list[str] = []
    async with asyncio.timeout(within_s):
        stream = model.stream(messages(question, history), max_tokens=MAX_TOKENS, temperature=0.0)
        async with aclosing(stream) as reply:
            async for part in reply:
                if isinstance(part, Delta):
                    said.append(part.text)
    made = tidied("".join(said))
    return made if is_faithful(made, question, history) else ""


def messages(question: str, history: Sequence[Turn]) -> list[Message]:
    """The conversation is quoted material: an earlier answer may hold a document's words."""
    told = "\n".join(
        f"Asked: {turn.question}" + (f"\nAnswered: {turn.answer[:READ_OF_AN_ANSWER]}" if turn.answer else "")
        for turn in history
    )
    frame = Frame.around([told, question])
    return [
        Message("system", active_prompt("rewrite").filled(frame.word)),
        Message("user", f"{frame.block('conversation', told)}\n\nQuestion: {plain(question)}"),
    ]


def tidied(reply: str) -> str:
    """The reply as one question, without a label or quotation marks around it."""
    text = " ".join(reply.replace("\x00", " ").split())
    bare = LABEL.sub("", text, count=1)
    return QUOTE_AT_THE_END.sub("", bare) if bare != text else text


def is_faithful(made: str, question: str, history: Sequence[Turn]) -> bool:
    """Whether it asks what was asked: nothing of the question lost, and nothing added that was not spoken of."""
    if not made or len(made) > min(LONGEST, max(ROOM_FOR_SHORT_ONES, MOST_TIMES_LONGER * len(question))):
        return False
    spoken = "\n".join([question, *(f"{turn.question}\n{turn.answer}" for turn in history)])
    return (
        _keeps_numbers(made, question, spoken)
        and _keeps_names(made, question, spoken)
        and bool(NEGATORS.search(made)) == bool(NEGATORS.search(question))
        and _keeps_words(made, question, spoken)
    )


def _keeps_numbers(made: str, question: str, spoken: str) -> bool:
    own, asked, known = quantities_in(made), quantities_in(question), quantities_in(spoken)
    lost = [each for each in asked if not any(each.same_as(other) for other in own)]
    invented = [each for each in own if not any(each.same_as(other) for other in known)]
    return not lost and not invented


def _keeps_names(made: str, question: str, spoken: str) -> bool:
    said, known = Vocabulary.of(made), Vocabulary.of(spoken)
    return all(mentions(said, name) for name in all_names_in(question)) and all(
        mentions(known, name) for name in all_names_in(made)
    )


def _keeps_words(made: str, question: str, spoken: str) -> bool:
    own, asked = content_stems(made), content_stems(question)
    new = own - asked
    kept = len(own & asked) >= KEPT * len(asked)
    return kept and (not new or len(new & content_stems(spoken)) >= TAKEN_FROM_THE_CONVERSATION * len(new))
