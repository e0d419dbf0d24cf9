"""What connectors keep between looks, in PostgreSQL: one row for each key of a source."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from app.corpus.models import Source
from ingestion.connectors.base import Note
from ingestion.models import ConnectorNote, SyncRun


class SourceMemory:
    """The notes of one source. Testing settings that are not saved yet uses `Forgetful`."""

    def __init__(self, source: Source) -> None:
        self._source = source

    @property
    def run_began_at(self) -> datetime:
        began = self._source.runs.filter(state=SyncRun.State.RUNNING).values_list("started_at", flat=True).first()
        return began or timezone.now()

    def get(self, key: str) -> Note | None:
        row = ConnectorNote.objects.filter(source=self._source, key=key).first()
        return Note(row.value, bytes(row.data), row.noted_at) if row else None

    def put(self, key: str, value: Mapping[str, Any], data: bytes = b"") -> None:
        ConnectorNote.objects.update_or_create(
            source=self._source, key=key, defaults={"value": dict(value), "data": data, "noted_at": timezone.now()}
        )

    def forget(self, key: str) -> None:
        ConnectorNote.objects.filter(source=self._source, key=key).delete()


class Forgetful:
    """A memory for a trial: it lasts as long as the object."""

    def __init__(self) -> None:
        self.run_began_at = timezone.now()
        self._notes: dict[str, Note] = {}

    def get(self, key: str) -> Note | None:
        return self._notes.get(key)

    def put(self, key: str, value: Mapping[str, Any], data: bytes = b"") -> None:
        self._notes[key] = Note(dict(value), data, timezone.now())

    def forget(self, key: str) -> None:
        self._notes.pop(key, None)
