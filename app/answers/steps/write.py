"""Lets the language model write, and turns its stream into text whose every marker points at a passage.

Passages are numbered for the model as they are ranked; the reader sees them numbered as they are
first cited.
"""

import re
from collections.abc import AsyncGenerator, Sequence

from django.conf import settings

from app.answers.draft import Cited, Draft
from app.answers.events import Event, Token
from app.answers.models import Answer, Outcome
from app.answers.steps.compose import messages, passages_that_fit
from app.answers.steps.markers import Citation, MarkerParser, Segment
from app.answers.steps.span import best_span
from app.providers.types import ChatModel, Finished
from app.telemetry.metrics import DROPPED_CITATIONS
from retrieval.passage import Passage

NOT_FOUND_WORD = "NOT_FOUND"
TEMPERATURE = 0.0
CLAIM = re.compile(r"[^.!?\n]*[.!?]?\s*$")


class NothingCited(Exception):  # noqa: N818 - the name says what happened
    """The model wrote an answer without one valid citation; it cannot be checked, so it is not shown."""


async def write(draft: Draft, model: ChatModel) -> AsyncGenerator[Event]:
    """Raises ProviderError when the model fails, NothingCited when its answer has no source."""
    shown = passages_that_fit(draft.passages)
    draft.mode, draft.model = Answer.Mode.MODEL, model.name[:120]
    stream = _Stream(draft, shown)
    async for part in model.stream(messages(draft, shown), max_tokens=settings.LLM_MAX_TOKENS, temperature=TEMPERATURE):
        if isinstance(part, Finished):
            draft.prompt_tokens, draft.completion_tokens = part.prompt_tokens, part.completion_tokens
        elif text := stream.feed(storable(part.text)):
            draft.note_first_token()
            yield Token(text)
    if text := stream.end():
        yield Token(text)
    draft.outcome = stream.outcome()


def storable(text: str) -> str:
    """Without what no database takes: NUL, and halves of characters that some servers cut between two tokens."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")


class _Stream:
    """What the model has said so far, as the reader sees it."""

    def __init__(self, draft: Draft, passages: Sequence[Passage]) -> None:
        self._draft = draft
        self._passages = passages
        self._parser = MarkerParser(len(passages))
        self._markers: dict[int, int] = {}
        self._claims: dict[int, list[str]] = {}
        self._refusing = ""

    def feed(self, text: str) -> str:
        """The text to show for what came in; held back while it may still turn out to be NOT_FOUND."""
        if not self._draft.text:
            self._refusing += text
            if NOT_FOUND_WORD.startswith(self._refusing.strip()[: len(NOT_FOUND_WORD)]):
                return ""
            text, self._refusing = self._refusing.lstrip(), ""
        return self._show(self._parser.feed(text))

    def end(self) -> str:
        held, self._refusing = self._refusing.strip(), ""
        if held.startswith(NOT_FOUND_WORD):
            return ""
        shown = self._show([*self._parser.feed(held), *self._parser.flush()])
        self._draft.dropped_citations = self._parser.unknown
        DROPPED_CITATIONS.inc(self._parser.unknown)
        self._draft.citations = [self._cited(number) for number in self._markers]
        return shown

    def outcome(self) -> Outcome:
        if not self._draft.text.strip():
            return Outcome.NOT_FOUND
        if not self._draft.citations:
            raise NothingCited
        return Outcome.ANSWERED

    def _show(self, segments: list[Segment]) -> str:
        shown = "".join(self._markers_of(each) if isinstance(each, Citation) else each for each in segments)
        self._draft.text += shown
        return shown

    def _markers_of(self, citation: Citation) -> str:
        claim = (CLAIM.search(self._draft.text) or [""])[0]
        for number in citation.numbers:
            self._markers.setdefault(number, len(self._markers) + 1)
            self._claims.setdefault(number, []).append(claim)
        return "".join(f"[{self._markers[number]}]" for number in citation.numbers)

    def _cited(self, number: int) -> Cited:
        passage = self._passages[number - 1]
        start, end = best_span(passage.text, " ".join(self._claims[number]))
        return Cited(
            marker=self._markers[number],
            passage=passage,
            quote=passage.text[start:end],
            start=passage.start + start,
            end=passage.start + end,
        )
