"""Opens ZIP containers (Office, OpenDocument, EPUB) without letting a small file unpack into a huge one."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from ingestion.formats.reading import corrupt, encrypted, too_large

MAX_UNPACKED_BYTES = 400 * 1024 * 1024
MAX_MEMBER_BYTES = 150 * 1024 * 1024
MAX_MEMBERS = 20_000
# XML packs to a tenth or so. Pictures that pack better are rarely above this size.
MAX_RATIO = 200
_RATIO_FROM_BYTES = 20 * 1024 * 1024


def open_container(data: bytes) -> zipfile.ZipFile:
    """Return the container, after checking what it says about its size and whether it is locked."""
    try:
        container = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError) as error:
        raise corrupt("file") from error
    members = container.infolist()
    unpacked = sum(member.file_size for member in members)
    biggest = max((member.file_size for member in members), default=0)
    if len(members) > MAX_MEMBERS or unpacked > MAX_UNPACKED_BYTES or biggest > MAX_MEMBER_BYTES:
        raise _bomb()
    if unpacked > _RATIO_FROM_BYTES and unpacked > MAX_RATIO * len(data):
        raise _bomb()
    if any(member.flag_bits & 0x1 for member in members):
        raise encrypted("file")
    return container


def read_member(container: zipfile.ZipFile, name: str) -> bytes:
    """Return one member's bytes; Python stops at the size the container states, so the check above holds."""
    try:
        return container.read(name)
    except (
        KeyError,
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        struct.error,
    ) as error:
        raise corrupt("file") from error


def _bomb() -> Exception:
    return too_large(
        "This file unpacks to far more than its size suggests. If it is genuine, split it or remove its "
        "embedded media, and "
        "upload the result."
    )
