"""Every fault of the drill: how it is made, what is asked meanwhile, and what its reader must get."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial

from evals.drill_answers.library import CARRIED_OVER, DAY_OF_A_TRIP, FIRST_CLASS, GARDEN, HOTELS, ILLNESS, MEALS, TRAINS
from evals.drill_answers.stage import Stage

Around = Callable[[Stage], AbstractContextManager[object]]
ANSWERED = frozenset({"answered"})
WRITTEN = frozenset({"answered", "caveat"})
QUOTED = frozenset({"degraded"})
# Shown where a sentence was left out or the whole was replaced by quotes.
CHECKED = frozenset({"answered", "caveat", "degraded", "conflict"})
REFUSED = frozenset({"refused request"})
TOLD = frozenset({"told"})


@dataclass(frozen=True, slots=True)
class Fault:
    """`name` is for `--only`, `what` for the table.

    `ends`: the outcomes that are right; "refused request": the question is not taken and a sentence says why; "told":
    the stream ends with a sentence, and the row is finished later. `words` must be part of what is said beside it.
    `limit_s`: a reader who waits longer hangs. `circuit` is whose state is reported; `also` looks for what else is
    wrong during the fault.
    """

    name: str
    what: str
    ends: frozenset[str]
    limit_s: float
    chat: str = ""
    around: Around = lambda stage: nullcontext()
    midway: Callable[[Stage], None] | None = None
    leaves: bool = False
    question: str = HOTELS
    words: str = ""
    circuit: str = "chat"
    also: Callable[[Stage], list[str]] = lambda stage: []


def embedding(behaviour: str) -> Around:
    def act(stage: Stage) -> AbstractContextManager[object]:
        stage.embeddings.play(behaviour)
        return nullcontext()

    return act


def reranking(behaviour: str) -> Around:
    def act(stage: Stage) -> AbstractContextManager[object]:
        stage.reranker.play(behaviour)
        return nullcontext()

    return act


@contextmanager
def without(name: str, stage: Stage) -> Iterator[None]:
    """The service is dead from before the question until after the answer."""
    stage.kill(name)
    try:
        yield
    finally:
        stage.start(name)


@contextmanager
def frozen(name: str, stage: Stage) -> Iterator[None]:
    """It takes connections and never answers."""
    stage.freeze(name)
    try:
        yield
    finally:
        stage.thaw(name)


@contextmanager
def failing_over(name: str, away_s: float, stage: Stage) -> Iterator[None]:
    stage.fail_over(name, away_s)
    yield


@contextmanager
def no_budget(stage: Stage) -> Iterator[None]:
    from django.db import connection

    from app.usage.models import Budget

    budget = Budget.objects.create(scope="everyone", kind="tokens", period="day", amount=1)
    connection.close()
    try:
        yield
    finally:
        budget.delete()
        connection.close()


@contextmanager
def after_failures(stage: Stage) -> Iterator[None]:
    """Two questions have met the fault already, six calls: the circuit is open."""
    from evals.drill_answers.asking import ask

    for question in (TRAINS, MEALS):
        ask(stage.api, question)
    yield


def signing_in(stage: Stage) -> list[str]:
    """Whoever signs in now may be sent away, but with a sentence."""
    status, page = stage.try_to_sign_in()
    is_told = status == 503 and "Whoever is signed in can go on asking" in page
    return [] if is_told or status == 302 else [f"signing in was answered with {status}"]


UNAVAILABLE = "The language model is not available right now"
NO_MEANING = "Search by meaning is not available right now"
SLOW_WRITER = "mock-cite-ttft100-itl120"
DATABASE = "database"

FAULTS: tuple[Fault, ...] = (
    Fault("none", "none", ANSWERED, 5),
    # The language model.
    Fault("refused", "model: connection refused", QUOTED, 6, around=lambda s: s.chat.refusing(), words=UNAVAILABLE),
    Fault("connect", "model: no connection in time", QUOTED, 9, around=lambda s: s.chat.unreachable(),
          words=UNAVAILABLE),
    Fault("first-token", "model: no first token in time", QUOTED, 10, "mock-hang", words=UNAVAILABLE),
    Fault("next-token", "model: silent between tokens", QUOTED, 6, "mock-cite-hang8", words=UNAVAILABLE),
    Fault("total", "model: never comes to an end", QUOTED, 9, "mock-cite-itl400", words=UNAVAILABLE),
    Fault("429-short", "model: 429, Retry-After 1", ANSWERED, 6, "mock-cite-429-first1-retryafter1"),
    Fault("429", "model: 429, Retry-After 60", QUOTED, 4, "mock-429-retryafter60", words=UNAVAILABLE),
    Fault("500", "model: 500", QUOTED, 6, "mock-500", words=UNAVAILABLE),
    Fault("open", "model: 500, asked for the third time", QUOTED, 2, "mock-500", around=after_failures,
          words=UNAVAILABLE),
    Fault("cut", "model: connection cut midway", QUOTED, 5, "mock-cite-cut8", words=UNAVAILABLE),
    Fault("end", "model: stream just ends midway", QUOTED, 5, "mock-cite-end8", words=UNAVAILABLE),
    Fault("error-event", "model: error inside the stream", QUOTED, 5, "mock-cite-error8", words=UNAVAILABLE),
    Fault("malformed", "model: malformed stream", QUOTED, 6, "mock-malformed", words=UNAVAILABLE),
    Fault("html", "model: a web page instead", QUOTED, 6, "mock-html", words=UNAVAILABLE),
    Fault("empty", "model: empty reply", QUOTED, 6, "mock-empty", words=UNAVAILABLE),
    Fault("repeat", "model: repeats itself", QUOTED, 6, "mock-repeat", words="began to repeat itself"),
    Fault("language", "model: another language", QUOTED, 6, "mock-lang", words="another language"),
    Fault("no-source", "model: names no source", QUOTED, 6, "mock-len40", words="quoted from"),
    Fault("slow", "model: slow tokens", ANSWERED, 6, "mock-cite-ttft700-itl90"),
    Fault("invent", "model: invents numbers and names", CHECKED, 6, "mock-invent"),
    Fault("wrong-source", "model: cites wrongly", CHECKED, 6, "mock-wrongcite"),
    Fault("leaves", "browser leaves midway", WRITTEN, 3, SLOW_WRITER, leaves=True),
    Fault("budget", "budget gone", QUOTED, 3, around=no_budget, words="budget"),
    # What search needs. Each has a question of its own, as vectors of questions are remembered.
    Fault("embedding-refused", "embeddings: connection refused", WRITTEN, 4, question=DAY_OF_A_TRIP, words=NO_MEANING,
          around=lambda s: s.embeddings.refusing(), circuit="embedding"),
    Fault("embedding-hang", "embeddings: no answer in time", WRITTEN, 6, question=CARRIED_OVER, words=NO_MEANING,
          around=embedding("mock-hang"), circuit="embedding"),
    Fault("embedding-500", "embeddings: 500", WRITTEN, 4, question=FIRST_CLASS, words=NO_MEANING,
          around=embedding("mock-500"), circuit="embedding"),
    Fault("reranker-500", "reranker: 500", ANSWERED, 4, around=reranking("mock-500"), circuit="reranker"),
    Fault("reranker-hang", "reranker: no answer in time", ANSWERED, 5, around=reranking("mock-hang"),
          circuit="reranker"),
    # Services.
    Fault("valkey", "Valkey dead", ANSWERED, 4, around=partial(without, "valkey"), also=signing_in),
    Fault("valkey-back", "Valkey back again", ANSWERED, 4),
    Fault("valkey-midway", "Valkey dies midway, back after 3 s", ANSWERED, 8, SLOW_WRITER,
          midway=lambda s: s.fail_over("valkey", 3)),
    Fault("valkey-frozen", "Valkey does not answer", ANSWERED, 8, around=partial(frozen, "valkey")),
    Fault("postgres-midway", "PostgreSQL dies midway, back after 4 s", ANSWERED, 20, SLOW_WRITER,
          midway=lambda s: s.fail_over("postgres", 4)),
    Fault("postgres-restart", "PostgreSQL restarts just before the question (2 s)", ANSWERED, 14, question=GARDEN,
          around=partial(failing_over, "postgres", 2)),
    Fault("postgres-dead", "PostgreSQL dead before the question", REFUSED, 14, around=partial(without, "postgres"),
          words=DATABASE),
    Fault("postgres-back", "PostgreSQL back again", ANSWERED, 8, question=ILLNESS),
    Fault("postgres-long", "PostgreSQL dies midway, back after 32 s", TOLD, 30, SLOW_WRITER,
          midway=lambda s: s.fail_over("postgres", 32), words=DATABASE),
)  # fmt: skip
