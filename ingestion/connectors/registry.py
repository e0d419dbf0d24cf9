"""Which connector serves which kind of source. A new kind is one file beside this one and one line here."""

from collections.abc import Callable

from django.conf import settings

from app.corpus.models import Source
from ingestion.connectors.base import Connector
from ingestion.connectors.folder import FolderConnector
from ingestion.connectors.upload import UploadConnector

Build = Callable[[Source], Connector]
_connectors: dict[str, Build] = {}


def register(kind: str, build: Build) -> None:
    _connectors[kind] = build


def connector_for(source: Source) -> Connector:
    """The connector of `source`, with its settings. KeyError for a kind that nothing serves is a bug."""
    return _connectors[source.kind](source)


def max_file_bytes() -> int:
    return int(settings.ATTEST_MAX_FILE_MB) * 1_000_000


register(Source.Kind.FOLDER, lambda source: FolderConnector(source.settings["path"], max_bytes=max_file_bytes()))
register(Source.Kind.UPLOAD, lambda source: UploadConnector(source.pk))
