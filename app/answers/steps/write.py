"""Lets the language model write, and turns its stream into text whose every marker points at a passage.

Passages are numbered for the model as they are ranked; the reader sees them numbered as they are
first cited.
"""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing

from django.conf import settings

from app.answers.context.citing import cite
from app.answers.draft import Cited, Draft
from app.answers.events import Event, Token
from app.answers.models import Answer, Outcome
from app.answers.steps.compose import messages
from app.answers.steps.markers import Citation, MarkerParser, Segment
from app.answers.steps.output_checks import ReplyWatch
from app.answers.steps.span import best_span
from app.answers.stopping import outcome_once_stopped
from app.providers.types import ChatModel, Finished
from app.telemetry.metrics import DROPPED_CITATIONS

NOT_FOUND_WORD = "NOT_FOUND"
TEMPERATURE = 0.0
# The finish reason of a reply that reached the most tokens it may have.
CUT = "length"
CUT_SHORT = "This answer reached the longest length allowed and was cut. Ask about one part of it to read more."
SENTENCE_END = re.compile(r"[.!?](?:\s*\[\d+\])*(?=\s|$)|\[\d+\](?=\s*\n|\s*$)")
CLAIM = re.compile(r"[^.!?\n]*[.!?]?\s*$")
LONGEST_CLAIM = 600  # In characters; looking for it in all that was written would cost more with each citation.


async def write(draft: Draft, model: ChatModel) -> AsyncGenerator[Event]:
    """Raises ProviderError where the model fails, UnsafeReply for unsafe text.

    A text that names no source is for the check to judge, which gives its sentences theirs.
    """
    draft.mode, draft.model = Answer.Mode.MODEL, model.name[:120]
    stream, watch, reason = _Stream(draft), ReplyWatch(draft), ""
    reply = model.stream(messages(draft), max_tokens=settings.LLM_MAX_TOKENS, temperature=TEMPERATURE)
    async with aclosing(reply):
        async for part in reply:
            if isinstance(part, Finished):
                draft.prompt_tokens, draft.completion_tokens = part.prompt_tokens, part.completion_tokens
                reason = part.reason
            elif text := stream.feed(watch.feed(storable(part.text))):
                draft.note_first_token()
                yield Token(text)
    if text := stream.feed(watch.flush()) + stream.end():
        yield Token(text)
    if reason == CUT:
        end_at_a_sentence(draft)
    draft.outcome = outcome_once_stopped(draft) if draft.stopped else stream.outcome()
    if reason == CUT and draft.outcome == Outcome.ANSWERED:
        draft.outcome, draft.notice = Outcome.CAVEAT, CUT_SHORT


def end_at_a_sentence(draft: Draft) -> None:
    """Drop the half sentence of a reply that was cut for its length, and the citations that stood only there."""
    ends = [found.end() for found in SENTENCE_END.finditer(draft.text)]
    draft.text = draft.text[: ends[-1]].rstrip() if ends else ""
    draft.citations = [cited for cited in draft.citations if f"[{cited.marker}]" in draft.text]


def storable(text: str) -> str:
    """Without what no database takes: NUL, and halves of characters that some servers cut between two tokens."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")


class _Stream:
    """What the model has said so far, as the reader sees it."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._parser = MarkerParser(len(draft.sections))
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
        return Outcome.ANSWERED if self._draft.text.strip() else Outcome.NOT_FOUND

    def _show(self, segments: list[Segment]) -> str:
        shown = "".join(self._markers_of(each) if isinstance(each, Citation) else each for each in segments)
        self._draft.text += shown
        return shown

    def _markers_of(self, citation: Citation) -> str:
        claim = (CLAIM.search(self._draft.text[-LONGEST_CLAIM:]) or [""])[0]
        for number in citation.numbers:
            self._markers.setdefault(number, len(self._markers) + 1)
            self._claims.setdefault(number, []).append(claim)
        return "".join(f"[{self._markers[number]}]" for number in citation.numbers)

    def _cited(self, number: int) -> Cited:
        section = self._draft.sections[number - 1]
        start, end = best_span(section.passage.text, " ".join(self._claims[number]))
        return cite(self._draft, section, self._markers[number], start, end)
