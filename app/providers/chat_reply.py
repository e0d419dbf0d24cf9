"""Reads one streamed reply chunk by chunk, and says at its end whether it was a whole one."""

from collections.abc import Sequence
from typing import Any

from app.providers.errors import Malformed, Refused, Unavailable
from app.providers.types import Finished, Message

# The usual rule of thumb for English text, used only where the server counts nothing.
CHARACTERS_PER_TOKEN = 4


class ChatReply:
    """What came so far. The chunks are JSON as servers send it: any field may be missing."""

    def __init__(self, model: str, messages: Sequence[Message]) -> None:
        self.messages = messages
        self._model = model
        self._characters = 0
        self._has_thought = False
        self._reason: str | None = None
        self._usage: Any = None

    def read(self, chunk: Any) -> str:
        """The text that the chunk adds, perhaps none. Raises `Malformed`."""
        try:
            self._usage = chunk.get("usage") or self._usage
            choices = chunk.get("choices")
            return self._read_choice(choices[0]) if choices else ""
        except (AttributeError, TypeError, LookupError) as error:
            raise Malformed(f"{self._model}: sent something that is not a chat completion") from error

    def has_begun(self) -> bool:
        return bool(self._characters or self._has_thought)

    def is_complete(self) -> bool:
        return self._reason is not None and self._characters > 0

    def finished(self) -> Finished:
        """Raises where the reply is cut off (`Unavailable`), withheld (`Refused`) or empty (`Malformed`)."""
        if self._characters and self._reason is None:
            raise Unavailable(f"{self._model}: the connection ended in the middle of the reply")
        if self._reason == "content_filter" and not self._characters:
            raise Refused(f"{self._model}: the reply was withheld by a content filter")
        if not self._characters:
            raise Malformed(f"{self._model}: the reply was empty")
        return self._counted() or self._estimated()

    def _read_choice(self, choice: Any) -> str:
        self._reason = choice.get("finish_reason") or self._reason
        delta = choice["delta"]
        text = delta.get("content") or ""
        if not isinstance(text, str):
            raise TypeError("content is not text")
        # A model that thinks aloud is alive, but its thoughts are not part of the reply.
        self._has_thought = self._has_thought or bool(delta.get("reasoning_content"))
        self._characters += len(text)
        return text

    def _counted(self) -> Finished | None:
        usage = self._usage if isinstance(self._usage, dict) else {}
        prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
        if not isinstance(prompt, int) or not isinstance(completion, int):
            return None
        return Finished(prompt, completion, str(self._reason))

    def _estimated(self) -> Finished:
        prompt = sum(len(message.content) for message in self.messages)
        return Finished(
            prompt // CHARACTERS_PER_TOKEN + 1,
            self._characters // CHARACTERS_PER_TOKEN + 1,
            str(self._reason),
            estimated=True,
        )
