"""Nobody reads through a change what they could not read before: texts that are out of date stay with who had them."""

import os

import pytest

from app.accounts.models import User
from app.corpus.access import Reader, reader_for
from app.corpus.models import Document
from ingestion import carrying, pipeline, switching
from ingestion.carrying import carry_over
from ingestion.connectors.base import Readers
from ingestion.generations import building_of
from ingestion.models import IngestionJob, SyncRun
from ingestion.pipeline import ingest_documents
from ingestion.readers import change_readers
from ingestion.reindex import begin_reindex
from ingestion.runs import open_run
from ingestion.sync import look
from ingestion.tests.folders import document, folder_source, found, synced, write
from ingestion.tests.shelf import Shelf, shelf_source
from retrieval.search import search

pytestmark = pytest.mark.django_db
SALARIES = "# Salaries\n\nA manager earns 90,000 euros a year.\n"
REDACTED = "# Salaries\n\nWhat a manager earns is agreed upon each year.\n"
ADA = Readers(emails=frozenset({"ada@example.com"}))
ADA_AND_BOB = Readers(emails=frozenset({"ada@example.com", "bob@example.com"}))


@pytest.fixture
def ada():
    return User.objects.create_user("ada@example.com")


def looked_at(source):
    run = open_run(source)
    assert run is not None
    look(run)


def read_what_waits():
    ingest_documents(list(IngestionJob.objects.values_list("document_id", flat=True)))


def texts(reader: Reader) -> list[str]:
    return [passage.text for passage in search("what a manager earns", reader)]


def test_what_was_taken_out_of_a_page_before_it_was_opened_is_never_shown(ada):
    shelf = Shelf()
    shelf.put("salaries.md", SALARIES, readers=ADA)
    source = shelf_source(shelf)
    synced(source)
    shelf.put("salaries.md", REDACTED)
    looked_at(source)
    assert texts(Reader()) == []
    read_what_waits()
    assert len(texts(Reader())) == 1
    assert "90,000" not in texts(Reader())[0]


def test_a_text_that_is_up_to_date_is_opened_at_once(ada):
    shelf = Shelf()
    shelf.put("salaries.md", SALARIES, readers=ADA)
    source = shelf_source(shelf)
    synced(source)
    shelf.put("salaries.md", SALARIES)
    looked_at(source)
    assert len(texts(Reader())) == 1
    assert not IngestionJob.objects.exists()


def test_an_old_text_stays_with_fewer_readers_until_the_new_one_is_read(ada):
    shelf = Shelf()
    shelf.put("salaries.md", SALARIES, readers=ADA_AND_BOB)
    source = shelf_source(shelf)
    synced(source)
    shelf.put("salaries.md", REDACTED, readers=ADA)
    looked_at(source)
    assert "90,000" in texts(reader_for(ada))[0]
    assert texts(Reader()) == []


def test_a_guessed_move_never_gives_a_text_to_other_readers(ada):
    shelf = Shelf()
    shelf.put("private/salaries.md", SALARIES, fingerprint="52-17", readers=ADA)
    source = shelf_source(shelf)
    synced(source)
    before = document("private/salaries.md").pk
    shelf.take_away("private/salaries.md")
    shelf.put("public/pay.md", REDACTED, fingerprint="52-17")
    looked_at(source)
    assert texts(Reader()) == []
    assert not Document.objects.filter(pk=before).exists()
    read_what_waits()
    assert "90,000" not in texts(Reader())[0]


def test_a_guess_that_was_wrong_is_found_out_though_the_original_is_kept(tmp_path):
    one = write(tmp_path / "hotels.md", "# Hotels\n\nA hotel may cost 140 euros a night.\n", age_s=60)
    source = folder_source(tmp_path)
    synced(source)
    size, moment = one.stat().st_size, one.stat().st_mtime_ns
    one.unlink()
    other = write(tmp_path / "trains.md", "# Trains\n\nTrains may cost 90 euros one way.\n".ljust(size, "\n"))
    os.utime(other, ns=(moment, moment))
    assert synced(source).moved == 1
    assert [p.text for p in search("hotel trains cost", Reader()) if "hotel" in p.text.lower()] == []
    assert found("trains one way") == ["trains.md"]


def test_readers_that_change_while_a_text_is_carried_over_hold_in_the_new_index(tmp_path, monkeypatch, ada):
    write(tmp_path / "salaries.md", SALARIES)
    source = folder_source(tmp_path)
    synced(source)
    begin_reindex(source, actor=None)
    generation = building_of(source.pk)
    assert generation is not None
    embed = carrying.embed

    def embed_slowly(*given):
        change_readers(source, {"salaries.md": ADA})
        return embed(*given)

    monkeypatch.setattr(carrying, "embed", embed_slowly)
    assert carry_over(document("salaries.md").pk, generation)
    IngestionJob.objects.all().delete()
    assert switching.complete_reindex(source.pk)
    assert texts(Reader()) == []
    assert len(texts(reader_for(ada))) == 1


def test_a_page_that_is_redacted_and_opened_while_its_old_text_is_read_does_not_show_it(monkeypatch, ada):
    shelf = Shelf()
    shelf.put("salaries.md", SALARIES, readers=ADA)
    source = shelf_source(shelf)
    looked_at(source)
    SyncRun.objects.update(state=SyncRun.State.CANCELLED)
    embed = pipeline.embed

    def embed_slowly(*given):
        monkeypatch.setattr(pipeline, "embed", embed)
        shelf.put("salaries.md", REDACTED)
        looked_at(source)
        return embed(*given)

    monkeypatch.setattr(pipeline, "embed", embed_slowly)
    read_what_waits()
    assert texts(Reader()) == []
    read_what_waits()
    assert "90,000" not in texts(Reader())[0]
