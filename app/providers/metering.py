"""Tells what calls of remote embedding and reranking endpoints used to whoever counts costs.

The layers above register a listener; without one nothing is counted. Models inside the product use nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Use:
    """One call that was answered. `tokens` is None where the server did not count; `characters` is what it was sent."""

    kind: Literal["embedding", "reranking"]
    model: str
    tokens: int | None
    characters: int


_listeners: list[Callable[[Use], None]] = []


def on_use(listener: Callable[[Use], None]) -> None:
    """Call `listener` from now on after each call, in the thread that made it. It must not raise."""
    if listener not in _listeners:
        _listeners.append(listener)


def tell(use: Use) -> None:
    for listener in _listeners:
        listener(use)


def counted(value: object) -> int | None:
    """A server's count, if it is one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
