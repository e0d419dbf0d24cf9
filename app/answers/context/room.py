"""How much may be told to whichever model will answer, in tokens."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings

from app.answers.context.tokens import (
    TOKENS_AROUND_A_MESSAGE,
    TOKENS_AROUND_A_REPLY,
    LargestCounter,
    TokenCounter,
    counter_for,
)
from app.providers.chat_models import chat_models
from app.providers.named_models import DEFAULT, NamedModel, Route
from app.providers.types import Message

# An answer's prompt is put together once; which of these routes is taken, and how far down, turns out afterwards.
ANSWER_ROUTES: tuple[Route, ...] = ("answer", "answer_hard", "cheap")


@dataclass(frozen=True, slots=True)
class Room:
    """`context_tokens` holds prompt and answer together; `answer_tokens` of them are kept for the answer."""

    context_tokens: int
    answer_tokens: int
    counter: TokenCounter

    @property
    def prompt_tokens(self) -> int:
        """What the whole prompt may take."""
        return self.context_tokens - self.answer_tokens - TOKENS_AROUND_A_REPLY

    def count(self, messages: Iterable[Message]) -> int:
        return sum(TOKENS_AROUND_A_MESSAGE + self.counter.count(message.content) for message in messages)


def answering_room() -> Room | None:
    """What fits every model that may come to answer; None where no model is configured."""
    models = {named.name: named for route in ANSWER_ROUTES for named in chat_models(route)}
    return room_of(list(models.values()), answer_tokens=settings.LLM_MAX_TOKENS) if models else None


def room_of(models: Sequence[NamedModel], *, answer_tokens: int) -> Room:
    """The smallest context among the models, and the count of the one that needs most tokens for a text."""
    tokenizers = {settings.LLM_TOKENIZER if named.name == DEFAULT else "" for named in models}
    counters = [counter_for(tokenizer) for tokenizer in sorted(tokenizers)]
    smallest = min(named.context_tokens for named in models)
    return Room(smallest, answer_tokens, counters[0] if len(counters) == 1 else LargestCounter(counters))
