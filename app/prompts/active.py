"""The prompt in use under a name. An answer names its version, which is the hash of its text.

`active_prompt` reads what this process last loaded and never touches the database, so it may be called anywhere and at
any time. `load_active_prompts` is called where each question begins; it asks the database at most every
`FRESH_FOR_S` seconds, and that is how long another process may go on with a text after an admin has activated another.
"""

import time
from dataclasses import dataclass

from app.prompts.models import PromptActivation
from app.prompts.shipped import hash_of, newest_shipped

FRESH_FOR_S = 5.0


@dataclass(frozen=True, slots=True)
class Prompt:
    """`version` reads "answer@1a2b3c4d"."""

    name: str
    version: str
    text: str

    def filled(self, frame: str) -> str:
        """The text with the frame word of this one call."""
        return self.text.replace("{frame}", frame)


@dataclass(slots=True)
class _Loaded:
    texts: dict[str, str]
    at: float | None = None


_loaded = _Loaded({})


def active_prompt(name: str) -> Prompt:
    """The prompt in use, or the newest shipped one before anything was loaded.

    An unknown name is a bug and raises FileNotFoundError.
    """
    text = _loaded.texts.get(name)
    if text is None:
        text = newest_shipped(name).text
    return Prompt(name, version_of(name, text), text)


def version_of(name: str, text: str) -> str:
    return f"{name}@{hash_of(text)[:8]}"


def load_active_prompts() -> None:
    """One short query, unless the last one was a moment ago."""
    now = time.monotonic()
    if _loaded.at is not None and now - _loaded.at < FRESH_FOR_S:
        return
    latest = PromptActivation.objects.order_by("version__name", "-pk").distinct("version__name")
    _loaded.texts = dict(latest.values_list("version__name", "version__text"))
    _loaded.at = now


def forget_active_prompts() -> None:
    """Load them anew at the next question of this process: after an activation, and in tests."""
    _loaded.texts, _loaded.at = {}, None
