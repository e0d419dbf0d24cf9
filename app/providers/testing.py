"""Models that do what a test tells them, for the tests of packages above this one."""

from collections.abc import AsyncGenerator, Sequence

from app.providers.errors import ProviderError
from app.providers.types import Delta, Finished, Message

Script = Sequence[str | ProviderError]


class ScriptedChatModel:
    """Each call plays the next script, and the last one again and again: text is streamed, an error raised.

    A script that holds no error ends with `Finished`. `conversations` remembers what was asked.
    """

    def __init__(self, *scripts: Script, name: str = "scripted", reason: str = "stop") -> None:
        self.name = name
        self.conversations: list[list[Message]] = []
        self._scripts = scripts or (("ok",),)
        self._reason = reason

    async def stream(
        self, messages: Sequence[Message], *, max_tokens: int, temperature: float
    ) -> AsyncGenerator[Delta | Finished]:
        self.conversations.append(list(messages))
        script = self._scripts[min(len(self.conversations), len(self._scripts)) - 1]
        spoken = 0
        for step in script:
            if isinstance(step, ProviderError):
                raise step
            spoken += 1
            yield Delta(step)
        yield Finished(prompt_tokens=10, completion_tokens=spoken, reason=self._reason)
