"""Where exports lie until they are fetched or expire: a folder that nobody but the product's own user may read."""

import os
from datetime import datetime
from pathlib import Path

from django.conf import settings

from app.privacy.models import PersonExport


def folder() -> Path:
    made = Path(settings.ATTEST_DATA_DIR) / "person-exports"
    made.mkdir(mode=0o700, parents=True, exist_ok=True)
    return made


def file_of(export: PersonExport) -> Path:
    return folder() / export.file_name


def private(path: Path) -> None:
    os.chmod(path, 0o600)


def delete_file(export: PersonExport) -> None:
    file_of(export).unlink(missing_ok=True)


def delete_strays(before: datetime) -> None:
    """Files that belong to no export any more. Younger ones may be just being written."""
    known = {export.file_name for export in PersonExport.objects.all()}
    for path in folder().iterdir():
        if path.name not in known and path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)
