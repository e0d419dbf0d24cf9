"""Which connector serves which kind of source. A new kind is one file beside this one: it is found by its `KIND`."""

import functools
import importlib
import pkgutil

from django.conf import settings

from app.corpus.models import Source
from app.corpus.secrets import open_secrets
from ingestion import connectors
from ingestion.caches import cache_folder
from ingestion.connectors.base import Connection, Connector, ConnectorKind
from ingestion.memory import SourceMemory

_registered: dict[str, ConnectorKind] = {}


def register(kind: ConnectorKind) -> None:
    """Add a kind that no file in this folder holds: an evaluation set, a test's own."""
    _registered[kind.kind] = kind


def connector_for(source: Source) -> Connector:
    """The connector of `source`, with its settings. KeyError for a kind that nothing serves is a bug."""
    return kind_of(source).build(connection_of(source))


def connection_of(source: Source) -> Connection:
    return Connection(
        source_id=source.pk,
        settings=source.settings,
        secrets=open_secrets(source.secrets),
        memory=SourceMemory(source),
        max_bytes=max_file_bytes(),
        cache_folder=cache_folder(source.pk),
    )


def kind_of(source: Source) -> ConnectorKind:
    return kinds()[source.kind]


def kinds() -> dict[str, ConnectorKind]:
    """Every kind there is, by its name in the database."""
    return _found() | _registered


@functools.cache
def _found() -> dict[str, ConnectorKind]:
    found: dict[str, ConnectorKind] = {}
    for module in pkgutil.iter_modules(connectors.__path__):
        kind = getattr(importlib.import_module(f"{connectors.__name__}.{module.name}"), "KIND", None)
        if isinstance(kind, ConnectorKind):
            found[kind.kind] = kind
    return dict(sorted(found.items(), key=lambda pair: pair[1].label))


def max_file_bytes() -> int:
    return int(settings.ATTEST_MAX_FILE_MB) * 1_000_000
