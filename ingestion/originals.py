"""The files as they came, kept by the SHA-256 of their bytes, so that a citation can be checked against them.

Whoever keeps a file holds its digest shared in the database until the transaction ends that says who
needs it; a deletion holds it alone and looks again who does. So neither can miss the other.
"""

import hashlib
from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Q

from app.corpus.models import Document, DocumentVersion, Source
from ingestion.connectors.base import ConnectorError

# The database has room for some thousands of locks at a time.
DIGESTS_HELD_AT_ONCE = 100


def content_hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def keep_original(data: bytes) -> str:
    """Store `data` unless it is there already; returns its hash. Storing twice at once is harmless.

    Call it in the transaction that writes the row which needs the file.
    """
    digest = content_hash(data)
    _hold("pg_advisory_xact_lock_shared", [digest])
    try:
        if not default_storage.exists(path_of(digest)):
            default_storage.save(path_of(digest), ContentFile(data))
    except OSError as error:
        raise ConnectorError(
            f"The original could not be stored ({error.strerror}); free space in ATTEST_DATA_DIR.", permanent=False
        ) from error
    return digest


def read_original(digest: str) -> bytes:
    try:
        with default_storage.open(path_of(digest)) as file:
            data: bytes = file.read()
            return data
    except FileNotFoundError as error:
        raise ConnectorError("The stored original is missing; upload the file again.", permanent=True) from error


def open_original(version: DocumentVersion) -> "tuple[File[Any], str, str]":
    """The open file, its name and its type, for a download. Raises FileNotFoundError when none was kept."""
    if not version.original:
        raise FileNotFoundError(version.document.external_id)
    name = version.document.external_id.rsplit("/", 1)[-1]
    return default_storage.open(path_of(version.original)), name, version.mime_type


def forget_originals(digests: set[str]) -> None:
    """After the transaction, delete the files that no version and no upload needs any more."""
    doomed = sorted(digests - {""})
    for begin in range(0, len(doomed), DIGESTS_HELD_AT_ONCE):
        transaction.on_commit(partial(_delete_unneeded, doomed[begin : begin + DIGESTS_HELD_AT_ONCE]))


@transaction.atomic
def _delete_unneeded(digests: list[str]) -> None:
    _hold("pg_advisory_xact_lock", digests)
    for digest in set(digests) - needed(digests):
        default_storage.delete(path_of(digest))


def needed(digests: Collection[str]) -> set[str]:
    """Those that a version was read from or an upload waits for."""
    used = set(DocumentVersion.objects.filter(original__in=digests).values_list("original", flat=True))
    waiting = Q(fingerprint__in=digests, source__kind=Source.Kind.UPLOAD)
    return used | set(Document.objects.filter(waiting).values_list("fingerprint", flat=True))


def _hold(function: str, digests: Sequence[str]) -> None:
    """Advisory locks on the digests until the transaction ends, in the same order for everybody."""
    hashes = (hashlib.sha256(digest.encode()).digest() for digest in sorted(digests))
    keys = [int.from_bytes(each[:8], "big", signed=True) for each in hashes]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(key) FROM unnest(%s::bigint[]) AS held(key)", [keys])  # noqa: S608 - ours


def path_of(digest: str) -> str:
    return f"{digest[:2]}/{digest}"
