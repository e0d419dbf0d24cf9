"""What one task leaves for another, in its order. What nobody took yet may become one, to be passed on less often."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """`merged` makes one of two that follow upon each other, or gives None where they stay two. None is the end."""

    def __init__(self, merged: Callable[[T, T], T | None]) -> None:
        self._merged = merged
        self._waiting: deque[T | None] = deque()
        self._has_mail = asyncio.Event()

    def put(self, one: T | None) -> None:
        last = self._waiting[-1] if self._waiting else None
        both = None if one is None or last is None else self._merged(last, one)
        if both is None:
            self._waiting.append(one)
        else:
            self._waiting[-1] = both
        self._has_mail.set()

    async def take(self) -> T | None:
        while not self._waiting:
            self._has_mail.clear()
            await self._has_mail.wait()
        return self._waiting.popleft()
