"""The files as they came, kept by the SHA-256 of their bytes, so that a citation can be checked against them."""

import hashlib
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q

from app.corpus.models import Document, DocumentVersion, Source
from ingestion.connectors.base import ConnectorError


def content_hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def keep_original(data: bytes) -> str:
    """Store `data` unless it is there already; returns its hash. Storing twice at once is harmless."""
    digest = content_hash(data)
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

    def delete_unneeded() -> None:
        used = set(DocumentVersion.objects.filter(original__in=digests).values_list("original", flat=True))
        waiting = Q(fingerprint__in=digests, source__kind=Source.Kind.UPLOAD)
        used |= set(Document.objects.filter(waiting).values_list("fingerprint", flat=True))
        for digest in digests - used - {""}:
            default_storage.delete(path_of(digest))

    transaction.on_commit(delete_unneeded)


def path_of(digest: str) -> str:
    return f"{digest[:2]}/{digest}"
