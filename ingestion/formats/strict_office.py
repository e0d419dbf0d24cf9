"""Rewrites Office files saved in the strict variant of their standard into the usual one, which the reading libraries know."""

from __future__ import annotations

import io
import re
import zipfile

from ingestion.formats.archive import open_container, read_member

_STRICT = b"http://purl.oclc.org/ooxml/"
_OFFICE = re.compile(rb"http://purl\.oclc\.org/ooxml/officeDocument/(\w+)")
_OTHER = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/(\w+)")


def usual(data: bytes) -> bytes:
    """Return the file itself, or its rewritten copy where it is strict."""
    container = open_container(data)
    if "_rels/.rels" not in container.namelist() or _STRICT not in read_member(container, "_rels/.rels"):
        return data
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in container.namelist():
            part = read_member(container, name)
            target.writestr(name, _renamed(part) if name.endswith((".xml", ".rels")) else part)
    return out.getvalue()


def _renamed(part: bytes) -> bytes:
    part = _OFFICE.sub(rb"http://schemas.openxmlformats.org/officeDocument/2006/\1", part)
    return _OTHER.sub(rb"http://schemas.openxmlformats.org/\1/2006/\2", part)
