"""Stops a reply that is caught in a loop, or that is in the wrong language, as soon as that is sure."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from app.providers.errors import Repetitive, WrongLanguage
from app.providers.reply_checks import is_other_language, repeats
from app.providers.types import ChatModel, Delta, Finished, Message

LOOK_EVERY = 80
ENOUGH_TO_TELL = 160


class CheckedChatModel:
    """`language` is that of the reply as `language_of` names it; "" where any will do."""

    def __init__(self, model: ChatModel, *, language: str = "") -> None:
        self.name = model.name
        self._model = model
        self._language = language

    async def stream(
        self, messages: Sequence[Message], *, max_tokens: int, temperature: float
    ) -> AsyncGenerator[Delta | Finished]:
        text, looked_at = "", 0
        async with aclosing(self._model.stream(messages, max_tokens=max_tokens, temperature=temperature)) as reply:
            async for part in reply:
                if isinstance(part, Delta):
                    text += part.text
                    if len(text) - looked_at >= LOOK_EVERY:
                        looked_at = len(text)
                        self._check(text)
                else:
                    self._check(text, is_whole=True)
                yield part

    def _check(self, text: str, *, is_whole: bool = False) -> None:
        if repeats(text):
            raise Repetitive(f"{self.name}: says the same again and again")
        # The beginning decides early; later only a reader would gain from looking again, at the end.
        if (is_whole or ENOUGH_TO_TELL <= len(text) < 2 * ENOUGH_TO_TELL) and is_other_language(text, self._language):
            raise WrongLanguage(f"{self.name}: answers in another language than asked")
