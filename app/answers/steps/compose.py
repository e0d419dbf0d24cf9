"""Puts the prompt together: what the model is told, the conversation so far, and the evidence in its frames.

The whole never takes more tokens than the model reads less those of the longest answer. What was left out for that, or
for another reason, is noted in the draft's context.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.answers.context.history import EARLIER, History
from app.answers.context.packing import Packed, Packer
from app.answers.context.room import Room
from app.answers.context.sections import Section
from app.answers.context.tokens import RememberingCounter
from app.answers.draft import Draft
from app.answers.steps.output_checks import watched
from app.prompts.active import Prompt, active_prompt
from app.prompts.frames import Frame, plain, quoted
from app.providers.errors import Refused
from app.providers.types import Message
from retrieval.neighbours import Neighbour
from retrieval.passage import Passage

ANY_NUMBER = 10  # What stands around a passage takes about as many tokens whichever number it has.


class NoRoom(Refused):
    """Instructions and question alone fill what the model reads at once."""


def compose(draft: Draft, room: Room, history: History, near: Sequence[Neighbour] = ()) -> None:
    """Fills in sections, messages, prompt version and context. Without room for any passage there are no messages."""
    prompt = active_prompt("answer")
    draft.prompt_version = prompt.version
    frame = Frame.around(_material(draft, history, near))
    composer = _Composer(draft, prompt, frame, replace(room, counter=RememberingCounter(room.counter)))
    packed, history = composer.packed(near, history)
    draft.sections = packed.sections
    draft.messages = tuple(composer.messages(packed.sections, history)) if packed.sections else ()
    draft.context |= _report(composer, packed, history)


def messages(draft: Draft) -> list[Message]:
    """The prompt that was put together. Raises NoRoom where there is none."""
    if not draft.messages:
        raise NoRoom("The prompt does not fit what the model reads at once; raise LLM_CONTEXT_TOKENS.")
    return list(draft.messages)


@dataclass(frozen=True, slots=True)
class _Composer:
    draft: Draft
    prompt: Prompt
    frame: Frame
    room: Room

    def packed(self, near: Sequence[Neighbour], history: History) -> tuple[Packed, History]:
        """The most that fits. Parts are counted one by one, so the whole is counted again until it fits too."""
        packer = Packer(self.draft.passages, near, self.room.counter.count, self._tokens_around)
        while True:
            left = self.room.prompt_tokens - self.tokens([], history)
            packed = packer.pack(left)
            while packed.sections and (excess := self.tokens(packed.sections, history) - self.room.prompt_tokens) > 0:
                left -= excess
                packed = packer.pack(left)
            shorter = history.shorter()
            if packed.sections or shorter == history:
                return packed, history
            history = shorter

    def messages(self, sections: Sequence[Section], history: History) -> list[Message]:
        summary = [self.frame.block(EARLIER, history.summary)] if history.summary else []
        framed = [self.framed(number, section.passage) for number, section in enumerate(sections, start=1)]
        return [
            Message("system", watched(self.prompt.filled(self.frame.word), self.frame.word)),
            *history.messages(),
            Message("user", "\n\n".join([*summary, *framed, self._question()])),
        ]

    def tokens(self, sections: Sequence[Section], history: History) -> int:
        return self.room.count(self.messages(sections, history))

    def framed(self, number: int, passage: Passage) -> str:
        return self.frame.block(f"[{number}]", passage.text, described(passage))

    def _tokens_around(self, passage: Passage) -> int:
        return self.room.counter.count(self.frame.block(f"[{ANY_NUMBER}]", "", described(passage)))

    def _question(self) -> str:
        asked, standalone = plain(self.draft.question), plain(self.draft.standalone)
        return f"Question: {asked}" if standalone == asked else f"Question: {asked}\n(That is: {standalone})"


def described(passage: Passage) -> str:
    """Title, section and dates; what the document itself says of them is quoted."""
    section = f", section {quoted(passage.section)}" if passage.heading_path else ""
    changed = f", last changed {passage.updated_at:%d %B %Y}" if passage.updated_at else ""
    stale = ", past its review date" if passage.is_stale else ""
    return f"{quoted(passage.title)}{section}{changed}{stale}"


def _material(draft: Draft, history: History, near: Sequence[Neighbour]) -> list[str]:
    """Every text of the prompt that is not ours."""
    texts = [draft.question, draft.standalone, *history.texts(), *(each.text for each in near)]
    return texts + [text for p in draft.passages for text in (p.text, p.title, *p.heading_path)]


def _report(composer: _Composer, packed: Packed, history: History) -> dict[str, Any]:
    """Plain JSON for the panel "why this answer": ids and numbers, no word of a document."""
    room, whole = composer.room, composer.tokens(packed.sections, history)
    without_history = composer.tokens([], History())
    instructions = room.count(composer.messages([], History())[:1])
    conversation = composer.tokens([], history) - without_history
    return {
        "shown": [
            {
                "number": number,
                "chunk_id": section.passage.chunk_id,
                "chunk_ids": [member.chunk_id for member in section.members],
                "tokens": room.counter.count(composer.framed(number, section.passage)),
                "is_cut": section.is_cut,
            }
            for number, section in enumerate(packed.sections, start=1)
        ],
        "left_out": [
            {"chunk_id": each.chunk_id, "reason": each.reason.value} | ({"into": each.into} if each.into else {})
            for each in packed.left_out
        ],
        "history": {
            "shown": len(history.turns), "summarised": history.summarised, "dropped": history.dropped,
        },
        "budget": {
            "context": room.context_tokens,
            "answer": room.answer_tokens,
            "instructions": instructions,
            "history": conversation,
            "question": without_history - instructions,
            "passages": whole - without_history - conversation,
            "used": whole,
            "is_exact": room.counter.is_exact,
        },
    }  # fmt: skip
