"""An answer in the making: what each step of the pipeline has found out so far."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from app.answers.models import Answer, Outcome
from app.answers.steps.follow_up import Turn
from app.corpus.access import Reader
from retrieval.passage import Passage


@dataclass(frozen=True, slots=True)
class Cited:
    """A marker in the text and the part of a passage it stands for; offsets are into the stored text."""

    marker: int
    passage: Passage
    quote: str
    start: int
    end: int


@dataclass(slots=True)
class Draft:
    """Filled step by step; `record` writes it down whole."""

    question_id: int
    question: str
    reader: Reader
    history: tuple[Turn, ...] = ()
    standalone: str = ""
    passages: list[Passage] = field(default_factory=list)
    idf: dict[str, float] = field(default_factory=dict)
    outcome: Outcome = Outcome.FAILED
    mode: Answer.Mode = Answer.Mode.EXTRACTIVE
    text: str = ""
    notice: str = ""
    error: str = ""
    citations: list[Cited] = field(default_factory=list)
    dropped_citations: int = 0
    model: str = ""
    prompt_version: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
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
