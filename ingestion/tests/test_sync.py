import shutil
from datetime import timedelta

import pytest
from django.utils import timezone

from app.corpus.models import Chunk, Document, DocumentVersion
from app.providers.errors import Unavailable
from app.providers.sentence_transformers_encoder import SentenceTransformersEncoder
from ingestion import generations, listing
from ingestion.connectors.registry import connector_for
from ingestion.errors import FailureReason, IngestionError
from ingestion.foreground import RunFailed, run_source
from ingestion.jobs import fail
from ingestion.models import DocumentFailure, IngestionJob, SyncRun
from ingestion.pipeline import ingest_document
from ingestion.sources import create_source, upload_document
from ingestion.sync import look, open_run
from ingestion.tests.folders import chunks_of, document, folder_source, found, synced, write

pytestmark = pytest.mark.django_db

HOTELS = "# Hotels\n\nA hotel may cost 140 euros a night.\n"
TRAINS = "# Trains\n\nTrains are booked in second class.\n"


def test_a_new_file_is_found_under_its_path(tmp_path):
    write(tmp_path / "travel" / "hotels.md", HOTELS)
    run = synced(folder_source(tmp_path))
    assert (run.state, run.added, run.queued) == (SyncRun.State.SUCCEEDED, 1, 1)
    assert found("hotel night") == ["travel/hotels.md"]
    assert document("travel/hotels.md").title == "Hotels"


def test_a_second_run_over_the_same_folder_does_nothing(tmp_path):
    write(tmp_path / "hotels.md", HOTELS)
    source = folder_source(tmp_path)
    synced(source)
    version = document("hotels.md").current_version_id
    run = synced(source)
    assert (run.unchanged, run.queued) == (1, 0)
    assert document("hotels.md").current_version_id == version


def test_a_changed_file_answers_with_its_new_text_alone(tmp_path):
    write(tmp_path / "hotels.md", HOTELS, age_s=60)
    source = folder_source(tmp_path)
    synced(source)
    write(tmp_path / "hotels.md", HOTELS.replace("140", "155"))
    assert synced(source).updated == 1
    assert [chunk.text for chunk in Chunk.objects.all()] == ["Hotels\n\nA hotel may cost 155 euros a night."]


def test_a_touched_file_with_the_same_bytes_is_not_embedded_again(tmp_path):
    write(tmp_path / "hotels.md", HOTELS, age_s=60)
    source = folder_source(tmp_path)
    synced(source)
    before = list(Chunk.objects.values_list("pk", flat=True))
    write(tmp_path / "hotels.md", HOTELS)
    _, results = run_source(source, lambda done, total: None)
    assert results == {"unchanged": 1}
    assert list(Chunk.objects.values_list("pk", flat=True)) == before


def test_a_deleted_file_leaves_nothing_behind(tmp_path):
    path = write(tmp_path / "hotels.md", HOTELS)
    write(tmp_path / "trains.md", TRAINS)
    source = folder_source(tmp_path)
    synced(source)
    path.unlink()
    assert synced(source).removed == 1
    assert found("hotel night") == ["trains.md"]
    assert set(DocumentVersion.objects.values_list("document__external_id", flat=True)) == {"trains.md"}


def test_a_moved_file_keeps_its_document(tmp_path):
    path = write(tmp_path / "hotels.md", HOTELS)
    source = folder_source(tmp_path)
    synced(source)
    before = document("hotels.md")
    (tmp_path / "archive").mkdir()
    shutil.move(path, tmp_path / "archive" / "hotels.md")
    assert synced(source).moved == 1
    after = document("archive/hotels.md")
    assert (after.pk, after.current_version_id) == (before.pk, before.current_version_id)


def test_identical_files_are_stored_once_and_both_are_known(tmp_path):
    write(tmp_path / "a.md", HOTELS)
    write(tmp_path / "b.md", HOTELS)
    synced(folder_source(tmp_path))
    assert found("hotel night") == ["a.md"]
    assert document("b.md").state == Document.State.DUPLICATE
    assert document("b.md").duplicate_of == document("a.md")


def test_when_the_stored_twin_goes_the_other_takes_over_at_once(tmp_path):
    path = write(tmp_path / "a.md", HOTELS, age_s=60)
    write(tmp_path / "b.md", HOTELS)
    source = folder_source(tmp_path)
    synced(source)
    chunk = Chunk.objects.get()
    path.unlink()
    synced(source)
    assert found("hotel night") == ["b.md"]
    assert Chunk.objects.get().pk == chunk.pk
    assert document("b.md").state == Document.State.READY


def test_when_both_twins_go_at_once_nothing_stays(tmp_path):
    for name in ("a.md", "b.md"):
        write(tmp_path / name, HOTELS)
    source = folder_source(tmp_path)
    synced(source)
    for name in ("a.md", "b.md"):
        (tmp_path / name).unlink()
    synced(source)
    assert not Document.objects.exists()
    assert not Chunk.objects.exists()


def test_one_broken_file_is_one_failure_and_the_rest_goes_on(tmp_path):
    write(tmp_path / "hotels.md", HOTELS)
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing more")
    run = synced(folder_source(tmp_path))
    failure = DocumentFailure.objects.get()
    assert run.state == SyncRun.State.SUCCEEDED
    assert failure.document.external_id == "broken.pdf"
    assert failure.reason == "corrupt"
    assert failure.permanent
    assert failure.message.endswith(".")
    assert found("hotel night") == ["hotels.md"]


def test_a_file_that_breaks_keeps_its_old_version_answering(tmp_path):
    path = write(tmp_path / "hotels.md", HOTELS, age_s=60)
    source = folder_source(tmp_path)
    synced(source)
    path.write_bytes(b"   ")
    synced(source)
    assert found("hotel night") == ["hotels.md"]
    assert document("hotels.md").state == Document.State.READY
    assert document("hotels.md").failure.reason == "empty"


def test_an_embedding_model_that_is_down_is_tried_again_and_loses_nothing(tmp_path, monkeypatch):
    path = write(tmp_path / "hotels.md", HOTELS, age_s=60)
    source = folder_source(tmp_path)
    synced(source)
    write(path, HOTELS.replace("140", "155"))

    def down(self, *texts):
        raise Unavailable("The embedding server does not answer.")

    for encode in ("encode_passages", "encode_sentences"):
        monkeypatch.setattr(SentenceTransformersEncoder, encode, down)
    synced(source)
    job = IngestionJob.objects.get()
    assert job.document.failure.reason == "model_unavailable"
    assert not job.document.failure.permanent
    assert chunks_of("hotels.md") == 1


def test_a_folder_that_is_not_there_removes_nothing(tmp_path):
    write(tmp_path / "files" / "hotels.md", HOTELS)
    source = folder_source(tmp_path / "files")
    synced(source)
    shutil.move(tmp_path / "files", tmp_path / "elsewhere")
    with pytest.raises(RunFailed, match="does not exist"):
        synced(source)
    assert found("hotel night") == ["hotels.md"]
    assert source.runs.latest("pk").state == SyncRun.State.FAILED


def test_a_source_never_has_two_runs_at_once(tmp_path):
    source = folder_source(tmp_path)
    assert open_run(source) is not None
    assert open_run(source) is None


def test_links_out_of_the_folder_and_hidden_files_are_passed_over(tmp_path):
    outside = write(tmp_path / "outside.md", HOTELS)
    inside = tmp_path / "inside"
    write(inside / ".hidden.md", HOTELS)
    write(inside / "~$lock.docx", HOTELS)
    (inside / "link.md").symlink_to(outside)
    assert synced(folder_source(inside)).listed == 0


def test_an_outage_of_the_model_never_sets_a_document_aside(tmp_path):
    write(tmp_path / "hotels.md", HOTELS)
    synced(folder_source(tmp_path))
    job = IngestionJob.objects.create(document=document("hotels.md"), fingerprint="new", attempts=40)
    fail(job, IngestionError(FailureReason.MODEL_UNAVAILABLE, "Down.", permanent=False))
    assert IngestionJob.objects.get().available_at < timezone.now() + timedelta(minutes=11)
    assert document("hotels.md").fingerprint != "new"


def test_a_file_that_vanishes_after_listing_waits_for_the_next_run(tmp_path):
    path = write(tmp_path / "hotels.md", HOTELS, age_s=60)
    source = folder_source(tmp_path)
    synced(source)
    write(path, HOTELS.replace("140", "155"))
    run = open_run(source)
    assert run is not None
    look(run)
    path.unlink()
    assert ingest_document(document("hotels.md").pk) == "gone"
    assert found("hotel night") == ["hotels.md"]
    synced(source)
    assert found("hotel night") == []


def test_a_file_uploaded_while_its_source_is_looked_at_stays(tmp_path, monkeypatch):
    source = create_source(actor=None, name="Drop box", kind="upload", everyone=True)
    upload_document(source, actor=None, name="hotels.md", data=HOTELS.encode())
    listed_then = list(connector_for(source).items())
    late = upload_document(source, actor=None, name="trains.md", data=TRAINS.encode())

    class Earlier:
        def items(self):
            return iter(listed_then)

    run = open_run(source)
    assert run is not None
    monkeypatch.setattr(listing, "connector_for", lambda source: Earlier())
    look(run)
    assert Document.objects.filter(pk=late.pk).exists()
    assert IngestionJob.objects.filter(document=late).exists()


def test_the_same_bytes_read_by_a_newer_pipeline_are_not_doubled(tmp_path, monkeypatch):
    for name in ("a.md", "b.md"):
        write(tmp_path / name, HOTELS)
    source = folder_source(tmp_path)
    synced(source)
    monkeypatch.setattr(generations, "CHUNKER_VERSION", "chunk-next")
    run = open_run(source, everything=True)
    assert run is not None
    for document_id in look(run):
        ingest_document(document_id)
    assert found("hotel night") == ["a.md"]
    assert Chunk.objects.count() == 1
