"""Which messages belong together. Pure: what their headers say in, threads out.

A thread is known by the message it began with, whether that message is still there or not, so it stays the same
document when messages come and go.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from ingestion.connectors.mail.structure import Structure

MOST_REFERENCES = 100
LONGEST_ID = 250
_IDS = re.compile(r"<\s*([^<>\s]{3,})\s*>")
_ANSWERED = re.compile(
    r"^\s*(?:(?:re|aw|antw|antwort|sv|vs|ref|r|res|odp|ynt|回复|答复)\s*(?:\[\d+\]|\(\d+\))?\s*[:：]\s*)+", re.I
)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it is known without its text. `references` begin with the oldest."""

    uid: int
    message_id: str
    references: tuple[str, ...]
    subject: str
    sender: str
    address: str
    sent_at: datetime | None
    size: int
    structure: Structure


@dataclass(frozen=True, slots=True)
class Thread:
    """`letters` in the order in which they were sent, each once."""

    external_id: str
    letters: tuple[Letter, ...]

    @property
    def subject(self) -> str:
        return without_prefix(next((letter.subject for letter in self.letters if letter.subject), ""))


def threads(letters: Iterable[Letter]) -> list[Thread]:
    """Joined by what they refer to; an answer that refers to nothing joins the last earlier message of its subject."""
    by_arrival = _once(letters)
    refers = _references(by_arrival)
    joined = _Joined()
    for message_id, references in refers.items():
        for reference in references:
            joined.join(message_id, reference)
    groups: dict[str, list[Letter]] = {}
    for letter in by_arrival:
        groups.setdefault(joined.root(letter.message_id), []).append(letter)
    return [Thread(_beginning(group[0].message_id, refers), in_order(group)) for group in groups.values()]


def _once(letters: Iterable[Letter]) -> list[Letter]:
    """By arrival. The first keeps its id: a later one with the same is a copy, or pretends to be it."""
    first: dict[str, Letter] = {}
    for letter in sorted(letters, key=lambda letter: letter.uid):
        first.setdefault(letter.message_id, letter)
    return list(first.values())


def _references(letters: list[Letter]) -> dict[str, tuple[str, ...]]:
    latest: dict[str, str] = {}
    refers: dict[str, tuple[str, ...]] = {}
    for letter in in_order(letters):
        subject = without_prefix(letter.subject).casefold()
        is_answer = subject != letter.subject.strip().casefold()
        answered = (latest[subject],) if is_answer and subject in latest else ()
        refers[letter.message_id] = letter.references or answered
        if subject:
            latest[subject] = letter.message_id
    return refers


def _beginning(message_id: str, refers: Mapping[str, tuple[str, ...]]) -> str:
    """The oldest message it goes back to, through those that name only the one before."""
    seen = {message_id}
    while (references := refers.get(message_id)) and references[0] not in seen:
        message_id = references[0]
        seen.add(message_id)
    return message_id


def in_order(letters: Iterable[Letter]) -> tuple[Letter, ...]:
    """As they were sent; what nobody dated comes last."""
    undated = datetime.max.replace(tzinfo=UTC)
    return tuple(sorted(letters, key=lambda letter: (letter.sent_at or undated, letter.uid)))


class _Joined:
    """Which ids are connected, whether their messages are there or not."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def root(self, each: str) -> str:
        while (above := self._above.setdefault(each, each)) != each:
            self._above[each] = self._above[above]
            each = above
        return each

    def join(self, one: str, other: str) -> None:
        self._above[self.root(one)] = self.root(other)


def without_prefix(subject: str) -> str:
    """The subject without "Re:" and its like in other languages."""
    return _ANSWERED.sub("", subject).strip()


def ids_in(value: str) -> list[str]:
    """The message ids in a header, in their order; what is far too long or odd is known by its hash."""
    return [stable_id(found) for found in _IDS.findall(value)]


def stable_id(value: str) -> str:
    if len(value) <= LONGEST_ID and value.isprintable() and not value.startswith((".", "/")):
        return value
    return f"{digest(value)}@hashed"


def references_of(message_id: str, references: str, in_reply_to: str) -> tuple[str, ...]:
    """What a message refers to, oldest first; the beginning and the end matter, so the middle may be dropped."""
    found = [*ids_in(references), *ids_in(in_reply_to)[:1]]
    found = [each for each in dict.fromkeys(found) if each != message_id]
    return tuple(found[:1] + found[1:][-MOST_REFERENCES:])


def made_up_id(*told: str) -> str:
    """For a message without an id: the same message gets the same one again."""
    return f"{digest(*told)}@no-message-id"


def digest(*told: str) -> str:
    return hashlib.sha256("\0".join(told).encode("utf-8", "replace")).hexdigest()[:40]
