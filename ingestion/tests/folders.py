"""A folder source made for a test, and what search knows of it."""

import os
from pathlib import Path

from app.corpus.access import Reader
from app.corpus.models import Chunk, Document, Source
from ingestion.foreground import run_source
from ingestion.models import SyncRun
from ingestion.sources import create_source
from retrieval.search import search


def folder_source(path: Path, name: str = "Folder") -> Source:
    return create_source(actor=None, name=name, kind=Source.Kind.FOLDER, everyone=True, settings={"path": str(path)})


def write(path: Path, text: str, *, age_s: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    moment = path.stat().st_mtime_ns - age_s * 10**9
    os.utime(path, ns=(moment, moment))
    return path


def synced(source: Source) -> SyncRun:
    run, _ = run_source(source, lambda done, total: None)
    return run


def found(query: str) -> list[str]:
    return [passage.external_id for passage in search(query, Reader())]


def chunks_of(name: str) -> int:
    return Chunk.objects.filter(document__external_id=name).count()


def document(name: str) -> Document:
    return Document.objects.get(external_id=name)
