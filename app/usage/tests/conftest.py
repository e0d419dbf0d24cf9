"""Fixtures of the tests of usage. Django is imported late: it is set up after this file is read."""

from collections.abc import Iterator
from typing import Any

import pytest


class Clock:
    """Stands still at a whole second; a test moves it."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def time(self) -> float:
        return self.now

    def later(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the windows and slots."""
    from limits.storage import redis

    from app.usage import admission, slots

    stopped = Clock()
    for module in (redis, admission, slots):
        monkeypatch.setattr(module, "time", stopped)
    return stopped


@pytest.fixture(autouse=True)
def empty_windows() -> Iterator[None]:
    from app.usage.valkey import forget, storage

    forget()
    storage().reset()
    yield
    forget()


class Gone:
    """An address where nobody listens in the place of Valkey."""

    ADDRESS = "redis://127.0.0.1:9"

    def __init__(self, settings: Any) -> None:
        self.settings, self.real = settings, settings.CACHES["default"]["LOCATION"]
        self.move(self.ADDRESS)

    def comes_back(self) -> None:
        self.move(self.real)

    def move(self, address: str) -> None:
        from app.usage.valkey import forget

        caches: dict[str, Any] = {"default": self.settings.CACHES["default"] | {"LOCATION": address}}
        self.settings.CACHES = caches
        forget()


@pytest.fixture
def valkey_gone(settings: Any) -> Gone:
    return Gone(settings)
