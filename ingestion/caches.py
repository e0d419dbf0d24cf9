"""Where a connector keeps what it can fetch again, such as a clone: one folder for each source on each machine."""

import shutil
from pathlib import Path

from django.conf import settings
from django.db import transaction


def cache_folder(source_id: int) -> Path:
    return Path(settings.ATTEST_DATA_DIR) / "sources" / str(source_id)


def forget_cache(source_id: int) -> None:
    """Delete the folder when the present transaction commits; it holds the words of what was removed."""
    transaction.on_commit(lambda: shutil.rmtree(cache_folder(source_id), ignore_errors=True))
