"""Rewrites an Office file so that two builds of the same text are the same bytes: fixed member times, fixed properties."""

from __future__ import annotations

import re
from datetime import datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_STAMP = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:)")


def fixed(data: bytes, moment: datetime) -> bytes:
    """The same archive with every member and both document dates set to `moment`."""
    target = BytesIO()
    with ZipFile(BytesIO(data)) as old, ZipFile(target, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            info = ZipInfo(name, date_time=(moment.year, moment.month, moment.day, 9, 0, 0))
            info.compress_type = ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            new.writestr(info, _stamped(name, old.read(name), moment))
    return target.getvalue()


def _stamped(name: str, content: bytes, moment: datetime) -> bytes:
    if name != "docProps/core.xml":
        return content
    stamp = moment.strftime("%Y-%m-%dT09:00:00Z").encode()
    return _STAMP.sub(lambda found: found[1] + stamp + found[3], content)
