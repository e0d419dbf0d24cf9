"""The benchmark of growing ingestion: what it counts, and how it takes the swings of the machine out."""

import pytest

from app.corpus.models import Chunk
from evals.bench.ingestion_growth import Step, measure, with_the_encoder_at_its_mean


def step(seconds, encoder_seconds, since=1000):
    return Step(since, since, seconds, encoder_seconds, process_mb=0, database_mb=0)


def test_a_faster_machine_does_not_hide_a_slower_pipeline():
    """The encoder went from 10 to 8 ms a chunk, all the rest from 2 to 4: by the clock both rows are the same."""
    steps = [step(12.0, 10.0), step(12.0, 8.0)]
    assert [round(each.chunks_per_s, 1) for each in steps] == [83.3, 83.3]
    assert with_the_encoder_at_its_mean(steps) == pytest.approx([1000 / 11, 1000 / 13])


def test_nor_does_a_slower_one_make_a_pipeline_slow():
    steps = [step(12.0, 10.0), step(17.0, 15.0)]
    one, other = with_the_encoder_at_its_mean(steps)
    assert one == pytest.approx(other)


@pytest.mark.django_db(transaction=True)
def test_every_chunk_is_stored_and_every_row_reported():
    reported = []
    steps = measure(960, 480, made_up=True, report=reported.append)
    assert steps == reported
    assert [(each.chunks, each.since) for each in steps] == [(480, 480), (960, 480)]
    assert Chunk.objects.count() == 960
    assert all(0 < each.encoder_seconds < each.seconds for each in steps)
