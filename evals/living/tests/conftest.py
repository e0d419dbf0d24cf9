"""Everything that is asked is drawn for review, and graded once. Django is imported late."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _everything_is_reviewed(settings, tmp_path: Path) -> None:
    settings.ATTEST_REVIEW_SHARE, settings.ATTEST_REVIEW_SECOND_PERCENT, settings.ATTEST_REVIEW_DAILY = 100, 0, 1000
    settings.ATTEST_DATA_DIR = tmp_path
