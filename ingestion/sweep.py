"""Deletes original files that nobody needs: a process that is killed between writing a file and its row leaves one."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from django.core.files.storage import default_storage
from django.utils import timezone

from ingestion.originals import forget_originals, needed, path_of

# Whoever is about to store the row that needs a file does so within minutes.
SURELY_ABANDONED = timedelta(hours=1)
BATCH = 500


def sweep_originals(older_than: timedelta = SURELY_ABANDONED) -> int:
    """Delete what no version and no upload needs; returns how many files were looked at and found unneeded."""
    swept, digests = 0, kept_originals()
    while batch := set(islice(digests, BATCH)):
        abandoned = {digest for digest in batch - needed(batch) if _age(digest) >= older_than}
        # It looks again under a lock before it deletes.
        forget_originals(abandoned)
        swept += len(abandoned)
    return swept


def kept_originals() -> Iterator[str]:
    """The digests of all files that are kept."""
    if not default_storage.exists(""):
        return
    for folder in default_storage.listdir("")[0]:
        yield from default_storage.listdir(folder)[1]


def _age(digest: str) -> timedelta:
    try:
        return timezone.now() - default_storage.get_modified_time(path_of(digest))
    except FileNotFoundError:
        return timedelta(0)
