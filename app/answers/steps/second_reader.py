"""A second opinion on the sentences of an answer, where one is configured: an entailment model, or the chat model.

Neither is needed. One that fails or is slow is left out: the first check stands.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from contextlib import aclosing

import structlog
from django.conf import settings

from app.answers.chat import chat_for
from app.answers.checking.check import Judged, Opinion, Verdict
from app.answers.checking.source import Source
from app.answers.draft import Draft
from app.prompts.active import active_prompt
from app.prompts.frames import Frame
from app.providers.entailment import get_entailment_model
from app.providers.errors import ProviderError
from app.providers.types import Delta, Message
from app.telemetry.threads import in_thread

log = structlog.get_logger(__name__)
MOST_JUDGED = 12
JUDGED_AT_ONCE = 4
JUDGE_TOKENS = 8
YES, NO = Opinion(0.95, 0.0), Opinion(0.0, 0.95)
WORD = re.compile(r"\b(UN)?SUPPORTED\b", re.I)


async def second_opinions(draft: Draft, judged: Sequence[Judged], sources: Sequence[Source]) -> Mapping[int, Opinion]:
    """Opinions by the place of the sentence; the chat model's count where both are configured."""
    cited = {at: each for at, each in enumerate(judged) if each.sources and each.verdict != Verdict.NO_CLAIM}
    pairs = {at: (_read(each, sources), each.claim.whole) for at, each in cited.items()}
    opinions = dict(await in_thread(_by_entailment, pairs))
    asked = [at for at, each in cited.items() if settings.ATTEST_JUDGE == "all" or each.verdict != Verdict.SUPPORTED]
    if settings.ATTEST_JUDGE != "off" and asked:
        opinions |= await _by_chat(draft, {at: pairs[at] for at in asked[:MOST_JUDGED]})
    return opinions


def _read(judged: Judged, sources: Sequence[Source]) -> str:
    return "\n\n".join(f"{sources[at].heading}\n{sources[at].text}".strip() for at in judged.sources)


def _by_entailment(pairs: Mapping[int, tuple[str, str]]) -> dict[int, Opinion]:
    model = get_entailment_model()
    if model is None or not pairs:
        return {}
    try:
        inferred = model.infer(list(pairs.values()))
    except ProviderError as error:
        log.warning("entailment_unavailable", model=model.name, error=type(error).__name__)
        return {}
    return {at: Opinion(each.entailment, each.contradiction) for at, each in zip(pairs, inferred, strict=True)}


async def _by_chat(draft: Draft, pairs: Mapping[int, tuple[str, str]]) -> dict[int, Opinion]:
    slots = asyncio.Semaphore(JUDGED_AT_ONCE)

    async def one(passage: str, sentence: str) -> Opinion | None:
        async with slots:
            return await _asked(draft, passage, sentence)

    heard = await asyncio.gather(*(one(*pair) for pair in pairs.values()))
    return {at: opinion for at, opinion in zip(pairs, heard, strict=True) if opinion is not None}


async def _asked(draft: Draft, passage: str, sentence: str) -> Opinion | None:
    model = chat_for(draft, "judge")
    if model is None:
        return None
    said = ""
    try:
        reply = model.stream(messages(passage, sentence), max_tokens=JUDGE_TOKENS, temperature=0.0)
        async with aclosing(reply) as parts:
            async for part in parts:
                said += part.text if isinstance(part, Delta) else ""
    except ProviderError as error:
        log.info("judge_unavailable", error=type(error).__name__)
        return None
    return opinion_in(said)


def messages(passage: str, sentence: str) -> list[Message]:
    frame = Frame.around([passage, sentence])
    framed = f"{frame.block('passage', passage)}\n\n{frame.block('sentence', sentence)}"
    return [Message("system", active_prompt("judge").filled(frame.word)), Message("user", framed)]


def opinion_in(reply: str) -> Opinion | None:
    """The first of the two words; None for a reply that has neither."""
    word = WORD.search(reply)
    if word is None:
        return None
    return NO if word[1] else YES
