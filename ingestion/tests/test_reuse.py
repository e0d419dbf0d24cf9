import shutil

import pytest

from app.corpus.models import Chunk
from app.providers import registry
from ingestion.tests.encoders import CountingEncoder
from ingestion.tests.folders import document, folder_source, found, synced, write

pytestmark = pytest.mark.django_db

HOTELS = "# Hotels\n\nA hotel may cost 140 euros a night, breakfast and the tourist tax included.\n"
TRAINS = "# Trains\n\nTrains are booked in second class, and a night train counts as a hotel.\n"
TAXIS = "# Taxis\n\nA taxi is paid for after ten at night and where no bus goes any more.\n"


@pytest.fixture
def encoder(monkeypatch, settings):
    encoder = CountingEncoder("words", settings.ATTEST_ENCODER_DIMENSIONS)
    monkeypatch.setattr(registry, "_encoder", lambda model, url, dimensions: encoder)
    return encoder


def guide(*sections: str) -> str:
    """A document with a chapter for each section, under one title."""
    return "# Travel\n\n" + "\n\n".join(f"#{section}" for section in sections)


def test_only_the_section_that_was_edited_is_embedded_again(tmp_path, encoder):
    path = write(tmp_path / "travel.md", guide(HOTELS, TRAINS, TAXIS), age_s=60)
    source = folder_source(tmp_path)
    synced(source)
    assert len(encoder.embedded) == Chunk.objects.count() == 3
    write(path, guide(HOTELS, TRAINS.replace("second", "first"), TAXIS))
    synced(source)
    assert len(encoder.embedded) == 4
    assert "first class" in encoder.embedded[-1]
    assert Chunk.objects.count() == 3


def test_the_same_file_in_another_source_is_not_embedded_again(tmp_path, encoder):
    write(tmp_path / "a" / "travel.md", guide(HOTELS, TRAINS))
    write(tmp_path / "b" / "copy.md", guide(HOTELS, TRAINS))
    synced(folder_source(tmp_path / "a", name="A"))
    once = list(encoder.embedded)
    synced(folder_source(tmp_path / "b", name="B"))
    assert encoder.embedded == once
    # They say the same, so one of them is shown.
    assert set(found("hotel night")) == {"travel.md"}
    assert Chunk.objects.count() == 2 * len(once)
    vectors = Chunk.objects.filter(document=document("travel.md")).order_by("ordinal").values_list("embedding")
    copies = Chunk.objects.filter(document=document("copy.md")).order_by("ordinal").values_list("embedding")
    assert list(vectors) == list(copies)


def test_a_moved_file_and_a_run_over_everything_embed_nothing(tmp_path, encoder):
    path = write(tmp_path / "travel.md", guide(HOTELS, TRAINS))
    source = folder_source(tmp_path)
    synced(source)
    once = list(encoder.embedded)
    (tmp_path / "archive").mkdir()
    shutil.move(path, tmp_path / "archive" / "travel.md")
    synced(source)
    synced(source)
    assert encoder.embedded == once
    assert set(found("hotel")) == {"archive/travel.md"}


def test_a_text_that_stands_in_many_files_is_embedded_once(tmp_path, encoder):
    for number in range(5):
        write(tmp_path / f"{number}.md", f"{HOTELS}\n\n# Rule {number}\n\nRule {number} says so. {TAXIS[9:] * 3}")
    synced(folder_source(tmp_path))
    assert len(encoder.embedded) == len(set(encoder.embedded))


def test_another_encoder_of_the_same_text_is_another_embedding(tmp_path, encoder):
    write(tmp_path / "travel.md", HOTELS)
    synced(folder_source(tmp_path, name="A"))
    key = Chunk.objects.get().embedding_key
    encoder.name = "other words"
    synced(folder_source(tmp_path, name="B"))
    assert Chunk.objects.exclude(embedding_key=key).count() == 1
    assert len(encoder.embedded) == 2
