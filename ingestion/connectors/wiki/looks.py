"""What one look at Confluence remembers for the next: which version of each page there was, and who could read it.

Kept in the connector's memory in two slots that take turns: a look that is cut off leaves the last one as it was.
"""

import json
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ingestion.connectors.base import CursorLost, Memory

LISTING = "listing"


@dataclass(slots=True)
class Look:
    """`pages` maps ids to versions and digests of readers; `attached` pages to the versions of what is attached.

    `told`: versions of what the search index called lately changed. `at`: when the look began; `rights_at`: when
    all pages and their readers were last asked for.
    """

    at: datetime
    rights_at: datetime
    pages: dict[str, str] = field(default_factory=dict)
    attached: dict[str, dict[str, int]] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)


def now() -> datetime:
    return datetime.now(UTC)


def cursor_of(slot: str, run: str, at: datetime) -> str:
    return json.dumps({"slot": slot, "run": run, "at": at.isoformat()})


def keep(memory: Memory, slot: str, run: str, look: Look) -> None:
    value = {"run": run, "rights_at": look.rights_at.isoformat(), "told": look.told}
    memory.put(f"look:{slot}", value, zlib.compress(json.dumps([look.pages, look.attached]).encode()))


def remembered(memory: Memory, cursor: str) -> tuple[str, Look]:
    """The slot and the look that `cursor` stands for. Raises CursorLost when it is not remembered any more."""
    try:
        place = json.loads(cursor)
        slot, run, at = str(place["slot"]), place["run"], datetime.fromisoformat(place["at"])
        note = memory.get(f"look:{slot}")
        if note is None or note.value["run"] != run:
            raise CursorLost
        pages, attached = json.loads(zlib.decompress(note.data))
        rights_at = datetime.fromisoformat(note.value["rights_at"])
        return slot, Look(at, rights_at, pages, attached, dict(note.value["told"]))
    except (KeyError, TypeError, ValueError, zlib.error) as error:
        raise CursorLost from error


def other_slot(slot: str) -> str:
    return "a" if slot != "a" else "b"
