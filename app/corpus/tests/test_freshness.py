"""When a source misses its target and a document is stale."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.corpus.models import Document, Source

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def source(**fields):
    return Source(created_at=NOW - 10 * DAY, **fields)


@pytest.mark.parametrize(
    ("target", "last_synced", "misses"),
    [
        (None, None, False),
        (DAY, NOW, False),
        (DAY, NOW - DAY, False),
        (DAY, NOW - DAY - timedelta(seconds=1), True),
        (DAY, NOW + DAY, False),
        (20 * DAY, None, False),
        (5 * DAY, None, True),
    ],
)
def test_a_source_misses_its_target_when_its_last_look_is_too_long_ago(target, last_synced, misses):
    assert source(freshness_target=target, last_synced_at=last_synced).misses_freshness_target(NOW) is misses


@pytest.mark.parametrize(
    ("valid_until", "stale"),
    [(None, False), (date(2026, 3, 2), False), (date(2026, 3, 1), False), (date(2026, 2, 28), True)],
)
def test_a_document_is_valid_through_the_whole_of_its_last_day(valid_until, stale):
    assert Document(source=source(), valid_until=valid_until).is_stale(NOW) is stale


def test_a_document_of_a_source_that_misses_its_target_is_stale_whatever_its_own_date():
    late = source(freshness_target=DAY, last_synced_at=NOW - 2 * DAY)
    assert Document(source=late, valid_until=date(2030, 1, 1)).is_stale(NOW)
    assert Document(source=late).is_stale(NOW)
