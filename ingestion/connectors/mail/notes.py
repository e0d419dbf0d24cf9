"""What is noted of a mailbox between looks: each message's headers, so that none is asked for twice, and where in the
mailbox each document's messages are.

The notes of two hundred messages share a row. UIDs mean something only together with the folder's UIDVALIDITY.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

from ingestion.connectors.base import Memory
from ingestion.connectors.mail.structure import Part, Structure
from ingestion.connectors.mail.threads import Letter, digest

BLOCK = 200
SHELVES = 64
FORM = 1


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a document is: the messages of a thread, or one section of one message."""

    uids: tuple[int, ...]
    section: str = ""


class MailNotes:
    """The notes under one `validity`; those of another are as good as none."""

    def __init__(self, memory: Memory, validity: int) -> None:
        self._memory = memory
        self._validity = validity

    def letters(
        self, uids: Sequence[int], ask: Callable[[Sequence[int]], Iterable[Letter]], *, tidy: bool = False
    ) -> list[Letter]:
        """The messages with these UIDs; only unknown ones are asked for. `tidy`: others are forgotten."""
        blocks: dict[int, set[int]] = defaultdict(set)
        for uid in uids:
            blocks[uid // BLOCK].add(uid)
        found: list[Letter] = []
        for number, wanted in sorted(blocks.items()):
            known = self._block(number)
            asked = {letter.uid: letter for letter in ask(missing)} if (missing := sorted(wanted - set(known))) else {}
            held = known | asked
            kept = {uid: letter for uid, letter in held.items() if uid in wanted} if tidy else held
            if asked or len(kept) != len(known):
                self._put(_block_key(number), {"letters": [_noted(letter) for letter in kept.values()]})
            found += [held[uid] for uid in sorted(wanted) if uid in held]
        if tidy:
            self._forget_others(set(blocks))
        return found

    def place(self, spots: Mapping[str, Spot]) -> None:
        """Note where every document is; a shelf that is as it was is not written again."""
        shelves: dict[int, dict[str, list[Any]]] = defaultdict(dict)
        for external_id, spot in spots.items():
            shelves[_shelf(external_id)][external_id] = [list(spot.uids), spot.section]
        before = self._get("shelves").get("digests", {})
        now = {str(number): digest(repr(sorted(shelf.items()))) for number, shelf in shelves.items()}
        for number, shelf in shelves.items():
            if before.get(str(number)) != now[str(number)]:
                self._put(f"shelf {number}", {"spots": shelf})
        for number in set(before) - set(now):
            self._memory.forget(f"shelf {number}")
        if before != now:
            self._put("shelves", {"digests": now})

    def spot(self, external_id: str) -> Spot | None:
        found = self._get(f"shelf {_shelf(external_id)}").get("spots", {}).get(external_id)
        return Spot(tuple(found[0]), found[1]) if found else None

    def _block(self, number: int) -> dict[int, Letter]:
        return {letter.uid: letter for letter in map(_letter, self._get(_block_key(number)).get("letters", ()))}

    def _forget_others(self, blocks: set[int]) -> None:
        before = set(self._get("blocks").get("numbers", ()))
        for number in before - blocks:
            self._memory.forget(_block_key(number))
        if before != blocks:
            self._put("blocks", {"numbers": sorted(blocks)})

    def _get(self, key: str) -> Mapping[str, Any]:
        note = self._memory.get(key)
        return note.value if note and note.value.get("under") == [FORM, self._validity] else {}

    def _put(self, key: str, value: dict[str, Any]) -> None:
        self._memory.put(key, {**value, "under": [FORM, self._validity]})


def _block_key(number: int) -> str:
    return f"letters {number}"


def _shelf(external_id: str) -> int:
    return crc32(external_id.encode("utf-8", "replace")) % SHELVES


def _noted(letter: Letter) -> dict[str, Any]:
    return {**asdict(letter), "sent_at": letter.sent_at.timestamp() if letter.sent_at else None}


def _letter(noted: Mapping[str, Any]) -> Letter:
    structure = noted["structure"]
    texts, files = (tuple(Part(**part) for part in structure[name]) for name in ("texts", "files"))
    sent_at = datetime.fromtimestamp(noted["sent_at"], UTC) if noted["sent_at"] is not None else None
    changed = {
        "references": tuple(noted["references"]),
        "sent_at": sent_at,
        "structure": Structure(texts, files, structure["is_encrypted"]),
    }
    return Letter(**{**noted, **changed})
