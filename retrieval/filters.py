"""Narrows a search to some sources, or to what changed lately. Filters only take away: rights stand beside them."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

# A document that does not say when it was changed cannot be known to have changed since.
_BY_SOURCE = " AND c.source_id = ANY(%(sources)s::bigint[])"
_BY_CHANGE = """
      AND EXISTS (
        SELECT FROM corpus_document d WHERE d.id = c.document_id AND d.modified_at >= %(changed_since)s::date)"""


@dataclass(frozen=True, slots=True)
class Filters:
    """`source_ids` empty: all sources. `changed_since` is a day in UTC; a document changed on that day counts."""

    source_ids: frozenset[int] = field(default_factory=frozenset)
    changed_since: date | None = None

    def condition(self) -> str:
        """A further condition on `corpus_chunk c`; its parameters come from `parameters`."""
        by_source = _BY_SOURCE if self.source_ids else ""
        return by_source + (_BY_CHANGE if self.changed_since else "")

    def parameters(self) -> dict[str, Any]:
        return {"sources": sorted(self.source_ids), "changed_since": self.changed_since}

    def __bool__(self) -> bool:
        return bool(self.source_ids) or self.changed_since is not None


EVERYTHING = Filters()


def filters_from(stored: dict[str, Any]) -> Filters:
    """Of a question's stored filters, such as `{"sources": [3], "changed_since": "2026-01-31"}`."""
    since = stored.get("changed_since")
    return Filters(frozenset(stored.get("sources", ())), date.fromisoformat(since) if since else None)
