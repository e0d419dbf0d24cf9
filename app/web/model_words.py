"""Models as the page for admins tells of them: what each is for, how it does, and what stops without it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from app.providers.activation import last_activation
from app.providers.chat_models import all_models
from app.providers.circuit import Call, Circuit, State
from app.providers.endpoints import Endpoint, Kind, endpoints
from app.providers.models import ModelActivation
from app.providers.named_models import ROUTES
from app.quality.models import EvaluationRun
from app.quality.passing import command_for_model, last_run_of, runs_by_name

ROUTE_WORDS = {
    "answer": "answers",
    "answer_hard": "hard questions",
    "rewrite": "rewriting follow-ups",
    "judge": "checking sentences",
    "cheap": "answers near a budget",
}
KIND_WORDS = {Kind.CHAT: "Language model", Kind.EMBEDDING: "Embedding", Kind.RERANKER: "Reranking"}
USES = {
    Kind.EMBEDDING: "Finding passages by their meaning, and reading in documents",
    Kind.RERANKER: "Order of results",
}
WITHOUT = {
    Kind.CHAT: "Answers are quoted from the documents instead of written.",
    Kind.EMBEDDING: "Search goes on by words alone, and new documents wait.",
    Kind.RERANKER: "Search goes on; its results are in the order of the search itself.",
}
RUNBOOKS = {Kind.CHAT: "chat-model", Kind.EMBEDDING: "embedding", Kind.RERANKER: "reranker"}
BADGES = {State.CLOSED: ("good", "Working"), State.OPEN: ("bad", "Left alone"), State.HALF_OPEN: ("warn", "Trying")}
FAILURE_WORDS = {
    "Unavailable": "It could not be reached, hung up, or failed on its side.",
    "Timeout": "It took longer than we wait.",
    "RateLimited": "It asked for fewer calls.",
    "Malformed": "Its replies did not follow the protocol, or were empty.",
    "Misconfigured": "It refuses every call: the key, the model's name or the account is wrong.",
}
# What a bar of the strip is drawn from: its height says how long the call took, on a scale of powers of ten.
STRIP_CALLS = 40
TALLEST_MS = 30_000


@dataclass(frozen=True, slots=True)
class Bar:
    """One call in the strip: where and how tall, of a height of 20."""

    x: int
    height: float
    is_failure: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """What evaluations say of a language model, and on what it was put in use if it was ever on trial."""

    run: EvaluationRun | None
    command: str
    activation: ModelActivation | None
    rests_on: EvaluationRun | None


@dataclass(frozen=True, slots=True)
class ModelCard:
    """`measured` is None for what writes no answers."""

    endpoint: Endpoint
    circuit: Circuit
    state: State
    now: float
    measured: Measured | None = None

    @property
    def kind(self) -> str:
        return KIND_WORDS[self.endpoint.kind]

    @property
    def title(self) -> str:
        return self.endpoint.model or "all-MiniLM-L6-v2"

    @property
    def badge(self) -> tuple[str, str]:
        if self.endpoint.breaker is None:
            return "good", "Built in"
        if not self.endpoint.is_in_use:
            return "warn", "On trial"
        return BADGES[self.state] if self.circuit.calls else ("plain", "Not called yet")

    @property
    def is_open(self) -> bool:
        return self.state is not State.CLOSED

    @property
    def uses(self) -> str:
        if self.endpoint.kind is not Kind.CHAT:
            return USES[self.endpoint.kind]
        first = [ROUTE_WORDS[route] for route, place in self.endpoint.places if place == 1]
        spare = [ROUTE_WORDS[route] for route, place in self.endpoint.places if place > 1]
        words = [", ".join(first), f"in reserve for {', '.join(spare)}" if spare else ""]
        said = "; ".join(each for each in words if each)
        if said and not self.endpoint.is_in_use:
            return f"Nothing yet. In use it would be asked for {said}"
        return capitalised(said) or "Nothing: no route names it"

    @property
    def without(self) -> str:
        if self.endpoint.kind is Kind.CHAT and self.endpoint.instead:
            return f"Answers are written by {' or '.join(self.endpoint.instead)} instead."
        if self.endpoint.instead:
            return f"{' or '.join(self.endpoint.instead)} is asked instead."
        return WITHOUT[self.endpoint.kind]

    @property
    def runbook(self) -> str:
        return f"docs/runbooks/{RUNBOOKS[self.endpoint.kind]}.md"

    @property
    def opened_at(self) -> datetime | None:
        return _moment(self.circuit.opened_at)

    @property
    def next_try_at(self) -> datetime | None:
        return _moment(self.circuit.open_until)

    @property
    def why(self) -> str:
        """What its last failure means, in words."""
        failures = [call.failure for call in self.circuit.calls if call.failure]
        return FAILURE_WORDS.get(failures[-1], "") if failures else ""

    @property
    def calls(self) -> Sequence[Call]:
        return self.circuit.recent(self.now)

    @property
    def failed(self) -> int:
        return sum(bool(call.failure) for call in self.calls)

    @property
    def usual_ms(self) -> float | None:
        fine = [call.ms for call in self.calls if not call.failure]
        return median(fine) if fine else None

    @property
    def last_at(self) -> datetime | None:
        return _moment(self.circuit.calls[-1].at) if self.circuit.calls else None

    @property
    def strip(self) -> list[Bar]:
        """The latest calls, the newest at the right end."""
        shown = self.circuit.calls[-STRIP_CALLS:]
        first = STRIP_CALLS - len(shown)
        return [Bar((first + place) * 6, _height(call.ms), bool(call.failure)) for place, call in enumerate(shown)]


def model_cards() -> list[ModelCard]:
    now, measured = time.time(), measured_models()
    cards = []
    for endpoint in endpoints():
        circuit = endpoint.breaker.circuit() if endpoint.breaker else Circuit()
        about = measured.get(endpoint.name) if endpoint.kind is Kind.CHAT else None
        cards.append(ModelCard(endpoint, circuit, circuit.state(now), now, about))
    return cards


def measured_models() -> dict[str, Measured]:
    activations = {named.name: last_activation(named) if named.trial else None for named in all_models()}
    runs = runs_by_name([each.run for each in activations.values() if each])
    return {
        named.name: Measured(last_run_of(named), command_for_model(named), last, runs.get(last.run) if last else None)
        for named in all_models()
        for last in [activations[named.name]]
    }


def routes_in_words() -> list[tuple[str, list[str]]]:
    """For each task the models in the order in which they are asked; nothing where there is one model at most."""
    chat = [each for each in endpoints() if each.kind is Kind.CHAT and each.is_in_use]
    if len(chat) < 2:
        return []
    chains = []
    for route in ROUTES:
        asked = sorted((place, each.name) for each in chat for name, place in each.places if name == route)
        chains.append((capitalised(ROUTE_WORDS[route]), [name for _, name in asked]))
    return chains


def capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _height(ms: float) -> float:
    """From 3 for ten milliseconds to 20 for half a minute."""
    share = (min(max(ms, 10.0), TALLEST_MS) / 10.0) ** 0.25 / (TALLEST_MS / 10.0) ** 0.25
    return round(3 + 17 * share, 1)
