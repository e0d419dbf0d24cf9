"""What a look at a folder costs in which nothing, or almost nothing, has changed."""

import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from django.db import connection

from app.corpus.models import Document, DocumentVersion, Source
from ingestion.listing import listing_of
from ingestion.models import IngestionJob, SyncRun
from ingestion.runs import finish_run, open_run
from ingestion.sources import create_source
from ingestion.sync import apply_listing

FILES_PER_FOLDER = 500
BATCH = 5000


@dataclass(frozen=True, slots=True)
class Look:
    """One look at `files`: seconds of listing the folder and of the database's part, and the process's memory."""

    what: str
    files: int
    listing_s: float
    applying_s: float
    memory_mb: int

    @property
    def per_file_us(self) -> float:
        return (self.listing_s + self.applying_s) / self.files * 1e6


def measure(folder: Path, files: int) -> list[Look]:
    """Looks at a new folder, at the same unchanged (twice), and with one file in a hundred changed."""
    generate(folder, files)
    source = create_source(
        actor=None, name="Unchanged files", kind=Source.Kind.FOLDER, everyone=True, settings={"path": str(folder)}
    )
    looks = [_timed(source, "all new", files)]
    as_if_ingested(source)
    looks += [_timed(source, "unchanged", files), _timed(source, "unchanged again", files)]
    for path in sorted(folder.rglob("*.md"))[::100]:
        path.write_text(path.read_text() + "More.\n")
    return [*looks, _timed(source, "1 % changed", files)]


def generate(folder: Path, files: int) -> None:
    for number in range(files):
        if number % FILES_PER_FOLDER == 0:
            place = folder / f"part-{number // FILES_PER_FOLDER:04}"
            place.mkdir(parents=True)
        (place / f"rule-{number}.md").write_text(f"# Rule {number}\n\nForm {number} is filed within 3 days.\n")


def as_if_ingested(source: Source) -> None:
    """Give every document a version and the fingerprint it was listed with, without embedding a word."""
    jobs = IngestionJob.objects.filter(source=source)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE corpus_document d SET fingerprint = j.fingerprint FROM ingestion_ingestionjob j"
            " WHERE j.document_id = d.id AND d.source_id = %s", [source.pk],
        )  # fmt: skip
    versions = (
        DocumentVersion(document_id=key, content_hash=f"{key:064}", mime_type="text/markdown", size=1, text="text")
        for key in jobs.values_list("document_id", flat=True).iterator()
    )
    DocumentVersion.objects.bulk_create(versions, batch_size=BATCH)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE corpus_document d SET current_version_id = v.id, state = %s FROM corpus_documentversion v"
            " WHERE v.document_id = d.id AND d.source_id = %s", [Document.State.READY, source.pk],
        )  # fmt: skip
        jobs.delete()
        cursor.execute("VACUUM ANALYZE corpus_document")
    finish_run(source.runs.filter(state=SyncRun.State.RUNNING).first())


def _timed(source: Source, what: str, files: int) -> Look:
    run = open_run(source)
    if run is None:
        raise RuntimeError("The run before has not ended.")
    began = time.monotonic()
    listing = listing_of(run)
    listed = time.monotonic()
    apply_listing(run, listing)
    applied = time.monotonic()
    memory = psutil.Process().memory_info().rss // 1_000_000
    return Look(what, files, listed - began, applied - listed, int(memory))
