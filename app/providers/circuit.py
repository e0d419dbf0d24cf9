"""A circuit breaker as a value: what is known of one endpoint, and what follows from it. Pure.

Closed: calls go through. Open: none does, until a time. Half open: that time has passed, and one call may try.
It opens when the last `failures_in_a_row` calls all failed, or half of at least `enough_calls` in the last minute,
or when the owner asks for a pause longer than a reader waits. Each trial that fails doubles the pause.
"""

import json
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

REMEMBERED_CALLS = 40
LATELY_S = 60.0
# A trial whose process died must not block the next one for ever.
TRIAL_S = 60.0


class State(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half open"


@dataclass(frozen=True, slots=True)
class Rules:
    """`longest_ask_s`: a wish to wait that is longer than this opens the circuit at once."""

    failures_in_a_row: int = 5
    enough_calls: int = 10
    pause_s: float = 15.0
    longest_pause_s: float = 300.0
    longest_ask_s: float = 8.0


@dataclass(frozen=True, slots=True)
class Call:
    """One call that ended, at a time in seconds since 1970. `failure` is the error's name, "" for none.

    `ms` is the time to the first token of a reply, or of the whole call where there is none.
    """

    at: float
    ms: float
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Circuit:
    """`counted_from`: calls that ended before do not count, as the circuit has been closed since."""

    opened_at: float | None = None
    open_until: float = 0.0
    reason: str = ""
    openings: int = 0
    trial_until: float = 0.0
    counted_from: float = 0.0
    calls: tuple[Call, ...] = ()

    def state(self, now: float) -> State:
        if self.opened_at is None:
            return State.CLOSED
        return State.OPEN if now < self.open_until else State.HALF_OPEN

    def entered(self, now: float) -> tuple["Circuit", "Entry"]:
        """Whether a call may begin now; where it may as a trial, no other may meanwhile."""
        if self.opened_at is None:
            return self, Entry.NORMAL
        if now < self.open_until or now < self.trial_until:
            return self, Entry.REFUSED
        return replace(self, trial_until=now + TRIAL_S), Entry.TRIAL

    def succeeded(self, call: Call, entry: "Entry") -> "Circuit":
        noted = self._noted(call)
        return noted.closed(call.at) if entry is Entry.TRIAL else noted

    def failed(
        self, call: Call, entry: "Entry", rules: Rules, *, reason: str, asked_to_wait_s: float | None = None
    ) -> "Circuit":
        noted = self._noted(call)
        asked = min(asked_to_wait_s or 0.0, rules.longest_pause_s)
        if entry is Entry.TRIAL or (self.opened_at is None and noted._is_enough(call.at, rules, asked)):
            return noted._opened(call.at, rules, reason, asked)
        return noted

    def abandoned(self, entry: "Entry") -> "Circuit":
        """A trial that ended without a verdict, as the reader left: the next call may try."""
        return replace(self, trial_until=0.0) if entry is Entry.TRIAL else self

    def closed(self, now: float) -> "Circuit":
        return Circuit(counted_from=now, calls=self.calls)

    def recent(self, now: float, within_s: float = 600.0) -> tuple[Call, ...]:
        return tuple(call for call in self.calls if call.at > now - within_s)

    def _noted(self, call: Call) -> "Circuit":
        return replace(self, calls=(*self.calls, call)[-REMEMBERED_CALLS:])

    def _is_enough(self, now: float, rules: Rules, asked_s: float) -> bool:
        if asked_s > rules.longest_ask_s:
            return True
        counted = [call for call in self.calls if call.at > self.counted_from]
        row = counted[-rules.failures_in_a_row :]
        lately = [call for call in counted if call.at > now - LATELY_S]
        is_row = len(row) == rules.failures_in_a_row and all(call.failure for call in row)
        return is_row or (
            len(lately) >= rules.enough_calls and 2 * sum(bool(call.failure) for call in lately) >= len(lately)
        )

    def _opened(self, now: float, rules: Rules, reason: str, asked_s: float) -> "Circuit":
        own = min(rules.pause_s * 2 ** min(self.openings, 20), rules.longest_pause_s)
        return replace(
            self,
            opened_at=self.opened_at or now,
            open_until=now + max(own, asked_s),
            reason=reason,
            openings=self.openings + 1,
            trial_until=0.0,
        )


class Entry(StrEnum):
    NORMAL = "normal"
    TRIAL = "trial"
    REFUSED = "refused"


def written(circuit: Circuit) -> str:
    return json.dumps(asdict(circuit) | {"calls": [[call.at, call.ms, call.failure] for call in circuit.calls]})


def read(raw: str | bytes | None) -> Circuit:
    """What `written` wrote; anything else is a circuit of which nothing is known."""
    try:
        fields = json.loads(raw or "{}")
        return Circuit(**fields | {"calls": tuple(Call(*call) for call in fields.get("calls", ()))})
    except (ValueError, TypeError, AttributeError):
        return Circuit()
