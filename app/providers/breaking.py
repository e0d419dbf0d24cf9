"""Keeps calls away from what fails: each endpoint has a circuit whose state all processes share."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeVar

import structlog

from app.providers.circuit import Call, Circuit, Entry, Rules, read, written
from app.providers.errors import CircuitOpen, Misconfigured, NotAsked, ProviderError, Refused
from app.providers.shared_state import EXECUTOR, SharedValues, shared_values
from app.providers.types import ChatModel, Delta, Finished, Message
from app.telemetry.metrics import CIRCUIT_OPENINGS

T = TypeVar("T")
log = structlog.get_logger(__name__)
USUAL = Rules()


def counts(error: ProviderError) -> bool:
    """Whether the endpoint is to blame, and not this one request or us."""
    return not isinstance(error, NotAsked) and (isinstance(error, Misconfigured) or not isinstance(error, Refused))


@dataclass(frozen=True, slots=True)
class Breaker:
    """One endpoint's circuit. `name` says what for and which, such as "chat-large-1a2b3c4d"."""

    name: str
    rules: Rules = USUAL
    values: SharedValues | None = None

    def entered(self) -> Entry:
        """Raises CircuitOpen where no call may begin."""
        now = time.time()
        entry, until = self._change(lambda circuit: _entered(circuit, now))
        if entry is Entry.REFUSED:
            raise CircuitOpen(f"{self.name}: left alone after failing", retry_after=max(0.0, until - now))
        return entry

    def succeeded(self, entry: Entry, ms: float) -> None:
        call = Call(time.time(), round(ms, 1))
        self._noted(lambda circuit: circuit.succeeded(call, entry))

    def failed(self, entry: Entry, ms: float, error: ProviderError) -> None:
        """What does not count against the endpoint only ends a trial."""
        if not counts(error):
            return self.abandoned(entry)
        call = Call(time.time(), round(ms, 1), type(error).__name__)
        asked, rules, reason = error.retry_after, self.rules, str(error)
        return self._noted(lambda circuit: circuit.failed(call, entry, rules, reason=reason, asked_to_wait_s=asked))

    def abandoned(self, entry: Entry) -> None:
        if entry is Entry.TRIAL:
            self._change(lambda circuit: (circuit.abandoned(entry), None))

    def close(self) -> None:
        """As a trial that succeeds, or an admin, says."""
        now = time.time()
        self._noted(lambda circuit: circuit if circuit.opened_at is None else circuit.closed(now))

    def circuit(self) -> Circuit:
        return self._change(lambda circuit: (circuit, circuit))

    def _noted(self, act: Callable[[Circuit], Circuit]) -> None:
        """Change the circuit, and tell the operators where that opens or closes it."""
        before, after = self._change(lambda circuit: _both(circuit, act(circuit)))
        if after.openings > before.openings:
            CIRCUIT_OPENINGS.labels(self.label).inc()
            log.warning("circuit_opened", circuit=self.label, seconds=round(after.open_until - time.time()))
        if before.opened_at is not None and after.opened_at is None:
            log.info("circuit_closed", circuit=self.label)

    @property
    def label(self) -> str:
        """The name as metrics show it, without the digest of its address."""
        return self.name.rsplit("-", 1)[0]

    def _change(self, act: Callable[[Circuit], tuple[Circuit, T]]) -> T:
        def on_text(raw: str) -> tuple[str, T]:
            circuit = read(raw)
            changed, result = act(circuit)
            return (raw if changed == circuit else written(changed)), result

        return (self.values or shared_values()).change(f"circuit:{self.name}", on_text)


def _entered(circuit: Circuit, now: float) -> tuple[Circuit, tuple[Entry, float]]:
    changed, entry = circuit.entered(now)
    return changed, (entry, max(changed.open_until, changed.trial_until))


def _both(before: Circuit, after: Circuit) -> tuple[Circuit, tuple[Circuit, Circuit]]:
    return after, (before, after)


class BreakingChatModel:
    """A reply succeeds with its first token for a trial, and with its end for the record."""

    def __init__(self, model: ChatModel, breaker: Breaker) -> None:
        self.name = model.name
        self._model = model
        self._breaker = breaker

    async def stream(
        self, messages: Sequence[Message], *, max_tokens: int, temperature: float
    ) -> AsyncGenerator[Delta | Finished]:
        entry = await in_turn(self._breaker.entered)
        watch = _Watch(self._breaker, entry)
        try:
            async with aclosing(self._model.stream(messages, max_tokens=max_tokens, temperature=temperature)) as reply:
                async for part in reply:
                    await watch.heard()
                    yield part
        except ProviderError as error:
            await in_turn(watch.failed, error)
            raise
        except (GeneratorExit, asyncio.CancelledError):
            EXECUTOR.submit(watch.left)
            raise
        await in_turn(watch.ended)


class _Watch:
    """One call, from entering to its verdict."""

    def __init__(self, breaker: Breaker, entry: Entry) -> None:
        self._breaker = breaker
        self._entry = entry
        self._began = time.perf_counter()
        self._first_ms: float | None = None

    async def heard(self) -> None:
        if self._first_ms is not None:
            return
        self._first_ms = self._ms()
        if self._entry is Entry.TRIAL:
            # The others need not wait for the end of a long reply.
            await in_turn(self._breaker.close)
            self._entry = Entry.NORMAL

    def failed(self, error: ProviderError) -> None:
        self._breaker.failed(self._entry, self._ms(), error)

    def left(self) -> None:
        if self._first_ms is None:
            self._breaker.abandoned(self._entry)
        else:
            self.ended()

    def ended(self) -> None:
        self._breaker.succeeded(self._entry, self._first_ms if self._first_ms is not None else self._ms())

    def _ms(self) -> float:
        return (time.perf_counter() - self._began) * 1000


async def in_turn(act: Callable[..., T], *arguments: object) -> T:
    return await asyncio.get_running_loop().run_in_executor(EXECUTOR, act, *arguments)
