"""Asks the configured models of the task "judge" for a verdict on an answer.

They are protected as any other call of a model (timeouts, retries, circuit, next model), and one outside the network
sees no personal data. What they cost is not taken from anybody's budget: the tokens are in the verdict.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from django.conf import settings

from app.answers.private_model import PrivateChatModel
from app.prompts.active import active_prompt
from app.prompts.frames import Frame
from app.providers.chat_models import chat_models, protected
from app.providers.errors import ProviderError
from app.providers.fallback import FallbackChatModel, WholeReply
from app.providers.types import ChatModel, Delta, Finished, Message
from app.quality.judges import RUBRIC
from evals.judge.errors import JudgeError, JudgeUnavailable, NoJudge
from evals.judge.reply import verdict_in
from evals.judge.rubric import Verdict

PROMPT = RUBRIC
REPLY_TOKENS = 400
WITHIN_S = 60.0
AT_ONCE = 4
MARKER = re.compile(r"\[(\d+)\]")
# Placeholders of one calibration are not those of any conversation.
NO_CONVERSATION = 0
NOBODY = (
    "No language model is configured to judge. Set LLM_BASE_URL and LLM_MODEL, or give ATTEST_MODELS a model and a "
    'route "judge".'
)


@dataclass(frozen=True, slots=True)
class ToGrade:
    """An answer with what is needed to grade it.

    `question` stands alone: of a follow-up give the standalone form. `passages` by the number of their marker;
    `reference` may be "".
    """

    question: str
    outcome: str
    answer: str
    passages: tuple[tuple[int, str], ...] = ()
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    verdict: Verdict
    prompt_tokens: int
    completion_tokens: int


def judge_model() -> ChatModel:
    """The models of the task as one. Raises NoJudge."""
    models = [
        WholeReply(
            PrivateChatModel(
                protected(named, note=lambda attempt: None), conversation_id=NO_CONVERSATION, base_url=named.base_url
            ),
            within_s=WITHIN_S,
        )
        for named in chat_models("judge")
    ]
    if not models:
        raise NoJudge(NOBODY)
    return FallbackChatModel(models, patience_s=settings.LLM_PATIENCE_S)


async def judge(item: ToGrade, model: ChatModel) -> Judged:
    """Raises JudgeError."""
    said, counted = "", Finished(0, 0, "")
    try:
        reply = model.stream(messages(item), max_tokens=REPLY_TOKENS, temperature=0.0)
        async with aclosing(reply) as parts:
            async for part in parts:
                if isinstance(part, Delta):
                    said += part.text
                else:
                    counted = part
    except ProviderError as error:
        raise JudgeUnavailable(f"The judge could not be asked: {error}", permanent=error.permanent) from error
    return Judged(verdict_in(said), counted.prompt_tokens, counted.completion_tokens)


async def judge_all(
    items: Sequence[ToGrade], model: ChatModel, progress: Callable[[int, int], None]
) -> list[Judged | JudgeError]:
    """In the order of the items; what became of one has no part in the others."""
    slots, done = asyncio.Semaphore(AT_ONCE), 0

    async def one(item: ToGrade) -> Judged | JudgeError:
        nonlocal done
        async with slots:
            try:
                return await judge(item, model)
            except JudgeError as error:
                return error
            finally:
                done += 1
                progress(done, len(items))

    return list(await asyncio.gather(*(one(item) for item in items)))


def messages(item: ToGrade) -> list[Message]:
    """The rubric, and everything that is graded within a frame that it cannot leave."""
    answer = MARKER.sub(r"(passage \1)", item.answer)
    blocks = [("question", item.question), ("outcome", item.outcome), ("answer", answer)]
    blocks += [(f"passage {number}", text) for number, text in item.passages]
    if item.reference:
        blocks.append(("reference answer", item.reference))
    frame = Frame.around([text for _, text in blocks])
    framed = "\n\n".join(frame.block(name, text) for name, text in blocks)
    return [Message("system", active_prompt(PROMPT).filled(frame.word)), Message("user", framed)]
