"""An answer in the making: what each step of the pipeline has found out so far."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from app.answers.context.sections import Section
from app.answers.following.turns import Turn
from app.answers.models import Answer, Outcome
from app.answers.reusing.keys import ReuseKeys
from app.corpus.access import Reader
from app.providers.types import Message
from retrieval.passage import Passage


@dataclass(frozen=True, slots=True)
class Cited:
    """A marker in the text and the part of a passage it stands for; offsets are into the stored text."""

    marker: int
    passage: Passage
    quote: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """`text[start:end]` of the draft; the rest as in the model `AnswerSentence`."""

    start: int
    end: int
    verdict: str
    support: float
    markers: tuple[int, ...] = ()
    problems: tuple[dict[str, str], ...] = ()
    repaired: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """Tokens that one call of a model used. `step` is "rewrite", "answer" or "judge"."""

    step: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    estimated: bool = False


@dataclass(slots=True)
class Draft:
    """Filled step by step; `record` writes it down whole.

    `question` is what the models see of it; `fresh`: the asker wants no reused answer; `settled`: an
    outcome has been reached before all steps were taken, so the others are left out; `stopped`: the
    asker ended it while a model wrote; `is_rehearsal`: an evaluation asks with the rights of `reader`, who is
    charged for nothing and of whom nothing is noted. `sections` are what the model reads, numbered from 1 in
    that order, and `messages` the whole of what it is told.
    """

    question_id: int
    question: str
    reader: Reader
    conversation_id: int = 0
    filters: dict[str, Any] = field(default_factory=dict)
    fresh: bool = False
    history: tuple[Turn, ...] = ()
    standalone: str = ""
    passages: list[Passage] = field(default_factory=list)
    idf: dict[str, float] = field(default_factory=dict)
    sections: tuple[Section, ...] = ()
    messages: tuple[Message, ...] = ()
    outcome: Outcome = Outcome.FAILED
    mode: Answer.Mode = Answer.Mode.EXTRACTIVE
    text: str = ""
    notice: str = ""
    error: str = ""
    citations: list[Cited] = field(default_factory=list)
    dropped_citations: int = 0
    sentences: list[CheckedSentence] = field(default_factory=list)
    confidence: float | None = None
    settled: bool = False
    stopped: bool = False
    is_rehearsal: bool = False
    by_words_alone: bool = False
    budget_state: str = "free"
    reused_from: int | None = None
    reuse_keys: ReuseKeys | None = None
    flags: list[dict[str, Any]] = field(default_factory=list)
    context: dict[str, Any] = field(default_factory=dict)
    attempts: list[dict[str, Any]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    model: str = ""
    prompt_version: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    steps: list[tuple[str, float]] = field(default_factory=list)
    began: float = field(default_factory=time.perf_counter)
    first_token_s: float | None = None

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Note how long a step took, in milliseconds, also when it fails."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.steps.append((step, (time.perf_counter() - start) * 1000))

    def note_first_token(self) -> None:
        if self.first_token_s is None:
            self.first_token_s = time.perf_counter() - self.began

    def forget_text(self) -> None:
        """Drop what was written so far, before another way of answering begins."""
        self.text, self.citations = "", []
