"""What may be done to a source and its documents: each act is audited, checked, and undone without a trace."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.files.storage import FileSystemStorage, default_storage
from hypothesis import given
from hypothesis import strategies as st
from kombu.exceptions import OperationalError

from app.accounts.models import User
from app.audit import events
from app.audit.models import AuditEvent
from app.corpus.access import Reader
from app.corpus.models import AccessSet, Chunk, Document, DocumentVersion, Source
from ingestion import pipeline, tasks
from ingestion.errors import FailureReason, IngestionError
from ingestion.models import DocumentFailure, IngestionJob, SyncRun
from ingestion.originals import path_of
from ingestion.pipeline import Result, ingest_document
from ingestion.removal import BATCH
from ingestion.sources import (
    MAX_NAME_CHARACTERS,
    SourceError,
    UploadError,
    change_source,
    checked_file_name,
    checked_folder,
    create_source,
    remove_document,
    remove_source,
    retry_failures,
    start_sync,
    upload_document,
)
from ingestion.tests.folders import document, folder_source, found, synced, write
from retrieval.search import search

HOTELS = b"# Hotels\n\nA hotel may cost 140 euros a night.\n"
TRAINS = b"# Trains\n\nTrains are booked in second class.\n"


@pytest.fixture(autouse=True)
def _own_originals(settings, tmp_path_factory):
    """Files that rolled-back tests left behind are not counted here."""
    disk = dict(settings.STORAGES["default"])
    disk["OPTIONS"] = {"location": tmp_path_factory.mktemp("originals")}
    settings.STORAGES = settings.STORAGES | {"default": disk}


@pytest.fixture
def ada(db):
    return User.objects.create_user("ada@example.com", roles=["admin"])


@pytest.fixture
def uploads(db):
    return create_source(actor=None, name="Uploads", kind="upload", everyone=True)


def upload(source, name="hotels.md", data=HOTELS, **actor):
    return upload_document(source, actor=actor.get("actor"), name=name, data=data)


def ingested(source, name="hotels.md", data=HOTELS):
    uploaded = upload(source, name, data)
    ingest_document(uploaded.pk)
    return document(name)


def latest():
    return AuditEvent.objects.latest("pk")


def originals():
    """The hashes of the original files that are on disk."""
    folders, _ = default_storage.listdir("")
    return {name for folder in folders for name in default_storage.listdir(folder)[1]}


def test_a_new_source_says_who_made_it_and_who_may_read_it(ada):
    group = Group.objects.create(name="finance")
    source = create_source(actor=ada, name=" Budget ", kind="upload", everyone=False, group_ids=[group.pk])
    event = latest()
    assert source.name == "Budget"
    assert (event.actor, event.action, event.target) == (ada, events.SOURCE_CREATED, f"source:{source.pk}")
    assert event.details == {"name": "Budget", "everyone": False, "groups": [group.pk]}


@pytest.mark.parametrize("name", ["", "   ", "x" * 121, "a\x00b", "two\nlines"])
def test_a_name_that_cannot_be_shown_is_refused_in_a_sentence(db, name):
    with pytest.raises(SourceError, match=r"\.$"):
        create_source(actor=None, name=name, kind="upload", everyone=True)
    assert not Source.objects.exists()


def test_a_taken_name_is_refused_and_leaves_nothing(uploads):
    before = AccessSet.objects.count()
    with pytest.raises(SourceError, match="already"):
        create_source(actor=None, name=" Uploads", kind="upload", everyone=True)
    assert AccessSet.objects.count() == before


def test_a_group_that_does_not_exist_is_named_and_nothing_is_made(uploads):
    events_before = AuditEvent.objects.count()
    with pytest.raises(SourceError, match="no group with the number 4711"):
        create_source(actor=None, name="Other", kind="upload", everyone=False, group_ids=[4711])
    with pytest.raises(SourceError, match="4711"):
        change_source(uploads, actor=None, group_ids=[4711])
    assert Source.objects.count() == AccessSet.objects.count() == 1
    assert AuditEvent.objects.count() == events_before


def test_a_change_of_readers_holds_from_the_next_search(ada, uploads):
    group = Group.objects.create(name="finance")
    ingested(uploads)
    assert found("hotel night") == ["hotels.md"]
    change_source(uploads, actor=ada, everyone=False, group_ids=[group.pk], freshness_target=timedelta(days=1))
    assert found("hotel night") == []
    assert search("hotel night", Reader(group_ids=frozenset({group.pk})))
    before, after = latest().before, latest().after
    unchanged = {"name": "Uploads", "settings": {}, "removal_limit": 20, "refresh_interval": ""}
    assert before == unchanged | {"everyone": True, "groups": [], "freshness_target": ""}
    assert after == unchanged | {"everyone": False, "groups": [group.pk], "freshness_target": "1 day, 0:00:00"}


def test_a_source_may_be_renamed_to_a_free_name_alone(uploads):
    create_source(actor=None, name="Taken", kind="upload", everyone=True)
    with pytest.raises(SourceError, match="already"):
        change_source(uploads, actor=None, name="Taken")
    uploads.refresh_from_db()
    change_source(uploads, actor=None, name="Uploads ")
    change_source(uploads, actor=None, name="Free")
    assert Source.objects.get(pk=uploads.pk).name == "Free"


@pytest.mark.django_db(transaction=True)
def test_a_removed_source_leaves_no_row_no_passage_and_no_file(ada, uploads):
    ingested(uploads)
    ingested(uploads, "same-again.md")
    ingested(uploads, "hotels.md", HOTELS + b"\nBreakfast is included.\n")
    upload(uploads, "waiting.md", TRAINS)
    upload(uploads, "broken.pdf", b"%PDF-1.7\nnothing more")
    ingest_document(document("broken.pdf").pk)
    key = uploads.pk
    assert remove_source(uploads, actor=ada) == 4
    for model in (Source, AccessSet, Document, DocumentVersion, Chunk, IngestionJob, DocumentFailure, SyncRun):
        assert not model.objects.exists(), model
    assert originals() == set()
    assert (latest().action, latest().target) == (events.SOURCE_REMOVED, f"source:{key}")
    assert latest().details == {"name": "Uploads", "documents": 4}


@pytest.mark.django_db(transaction=True)
def test_a_removed_document_is_gone_but_what_another_source_holds_stays(ada, uploads):
    other = create_source(actor=None, name="Other", kind="upload", everyone=True)
    ingested(other, "kept.md")
    uploaded = ingested(uploads)
    digest = uploaded.fingerprint
    remove_document(uploaded, actor=ada)
    assert found("hotel night") == ["kept.md"]
    assert default_storage.exists(path_of(digest))
    assert latest().action == events.DOCUMENT_REMOVED
    remove_document(document("kept.md"), actor=ada)
    assert not default_storage.exists(path_of(digest))


@pytest.mark.django_db(transaction=True)
def test_every_file_ever_uploaded_under_a_name_goes_with_its_document(uploads):
    upload(uploads, "hotels.md", b"the first, never ingested")
    upload(uploads, "hotels.md", HOTELS)
    ingest_document(document("hotels.md").pk)
    assert len(originals()) == 1
    remove_document(document("hotels.md"), actor=None)
    assert originals() == set()


@pytest.mark.django_db(transaction=True)
def test_a_document_removed_while_it_is_read_leaves_nothing_behind(uploads, monkeypatch):
    uploaded = upload(uploads)
    read = pipeline.read

    def read_slowly(fetched):
        remove_document(document("hotels.md"), actor=None)
        return read(fetched)

    monkeypatch.setattr(pipeline, "read", read_slowly)
    assert ingest_document(uploaded.pk) == Result.GONE
    assert originals() == set()
    assert not DocumentVersion.objects.exists()
    assert not Chunk.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_source_removed_while_one_of_its_files_fails_is_gone_all_the_same(uploads, monkeypatch):
    uploaded = upload(uploads)

    def fail_slowly(fetched):
        remove_source(uploads, actor=None)
        raise IngestionError(FailureReason.TIMEOUT, "Reading took too long; split the file.")

    monkeypatch.setattr(pipeline, "read", fail_slowly)
    ingest_document(uploaded.pk)
    assert not DocumentFailure.objects.exists()
    assert not IngestionJob.objects.exists()
    assert originals() == set()


def test_a_document_of_a_folder_is_not_removed_here(tmp_path, db):
    write(tmp_path / "hotels.md", HOTELS.decode())
    synced(folder_source(tmp_path))
    with pytest.raises(SourceError, match="remove the file there"):
        remove_document(document("hotels.md"), actor=None)
    assert found("hotel night") == ["hotels.md"]


def test_a_source_of_many_documents_is_removed_whole(uploads):
    count = BATCH + 1
    Document.objects.bulk_create(
        Document(source=uploads, external_id=str(number), access_set_id=uploads.access_set_id)
        for number in range(count)
    )
    assert remove_source(uploads, actor=None) == count


def test_an_upload_is_audited_without_its_name(ada, uploads):
    uploaded = upload(uploads, "salary of Eve.md", actor=ada)
    event = latest()
    assert (event.actor, event.action, event.target) == (ada, events.DOCUMENT_UPLOADED, f"document:{uploaded.pk}")
    assert "Eve" not in str(event.details)


def test_the_same_name_again_replaces_the_document_and_the_old_one_answers_until_then(uploads):
    first = ingested(uploads)
    second = upload(uploads, "hotels.md", HOTELS.replace(b"140", b"155"))
    assert second.pk == first.pk
    assert "140" in Chunk.objects.get().text
    ingest_document(second.pk)
    assert "155" in Chunk.objects.get().text


def test_a_name_written_in_another_unicode_form_is_the_same_name(uploads):
    assert upload(uploads, "Caf\u00e9.md").pk == upload(uploads, "Cafe\u0301.md", TRAINS).pk


def test_a_replacement_that_arrives_while_the_old_file_is_read_is_ingested_too(uploads, monkeypatch):
    uploaded = upload(uploads)
    read = pipeline.read

    def read_slowly(fetched):
        monkeypatch.setattr(pipeline, "read", read)
        upload(uploads, "hotels.md", HOTELS.replace(b"140", b"155"))
        return read(fetched)

    monkeypatch.setattr(pipeline, "read", read_slowly)
    ingest_document(uploaded.pk)
    assert IngestionJob.objects.filter(document=uploaded).exists()
    ingest_document(uploaded.pk)
    assert "155" in Chunk.objects.get().text
    assert not IngestionJob.objects.exists()


def test_a_replacement_survives_that_the_old_file_turns_out_broken(uploads, monkeypatch):
    uploaded = upload(uploads)
    read = pipeline.read

    def break_slowly(fetched):
        monkeypatch.setattr(pipeline, "read", read)
        upload(uploads, "hotels.md", HOTELS.replace(b"140", b"155"))
        raise IngestionError(FailureReason.CORRUPT, "The file is damaged; replace it.")

    monkeypatch.setattr(pipeline, "read", break_slowly)
    ingest_document(uploaded.pk)
    ingest_document(uploaded.pk)
    assert "155" in Chunk.objects.get().text
    assert not DocumentFailure.objects.exists()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\eve\\plan.docx", "plan.docx"),
        ("/absolute/plan.md", "plan.md"),
        (".htaccess", "htaccess"),
        ("two\nlines\x00\x1b[31m.md", "twolines[31m.md"),
        ("annual\u202efdp.exe", "annualfdp.exe"),
        ("  padded.md  ", "padded.md"),
        ("<script>alert(1)<script>.md", "<script>alert(1)<script>.md"),
        ("日本語.txt", "日本語.txt"),
    ],
)
def test_a_hostile_name_is_reduced_to_a_plain_one(uploads, name, kept):
    assert upload(uploads, name).external_id == kept


@pytest.mark.parametrize("name", ["", "..", "...", "/", "\\", "\x00", "a/", "x" * (MAX_NAME_CHARACTERS + 1)])
def test_a_name_of_which_nothing_is_left_is_refused(uploads, name):
    with pytest.raises(UploadError, match=r"\.$"):
        upload(uploads, name)
    assert not Document.objects.exists()


@given(st.text(max_size=60))
def test_a_checked_name_has_no_folder_and_is_stable(name):
    try:
        kept = checked_file_name(name)
    except UploadError:
        return
    assert "/" not in kept
    assert "\\" not in kept
    assert kept.isprintable()
    assert not kept.startswith(".")
    assert checked_file_name(kept) == kept


def test_what_cannot_be_taken_in_says_why(uploads, tmp_path, settings):
    settings.ATTEST_MAX_FILE_MB = 1
    with pytest.raises(UploadError, match="empty"):
        upload(uploads, data=b"")
    with pytest.raises(UploadError, match="larger than 1 MB"):
        upload(uploads, data=b"x" * 1_000_001)
    with pytest.raises(UploadError, match="kind Uploads"):
        upload(folder_source(tmp_path))
    assert not Document.objects.exists()


def test_a_full_disk_refuses_the_upload_and_leaves_no_row(uploads, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "save", full)
    with pytest.raises(UploadError, match="No space left on device"):
        upload(uploads, data=b"nobody uploaded this before")
    assert not Document.objects.exists()


def test_failures_are_queued_again_and_forgotten_when_they_succeed(ada, uploads):
    uploaded = ingested(uploads, "broken.pdf", b"%PDF-1.7\nnothing more")
    other = ingested(uploads, "empty.md", b"   ")
    assert uploaded.failure.permanent
    assert retry_failures(uploads, actor=ada, document_ids=[uploaded.pk]) == 1
    assert IngestionJob.objects.get().document == uploaded
    assert latest().details == {"retried": 1}
    assert retry_failures(uploads, actor=ada) == 2
    upload(uploads, "empty.md", HOTELS)
    ingest_document(other.pk)
    assert not DocumentFailure.objects.filter(document=other).exists()


def test_another_sources_failures_are_not_retried(uploads):
    other = create_source(actor=None, name="Other", kind="upload", everyone=True)
    failed = ingested(other, "empty.md", b"   ")
    assert retry_failures(uploads, actor=None, document_ids=[failed.pk]) == 0
    assert not IngestionJob.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_down_does_not_lose_what_was_asked(ada, uploads, tmp_path, monkeypatch, caplog):
    def refuse(*_, **__):
        raise OperationalError("connection refused")

    monkeypatch.setattr(tasks.work, "delay", refuse)
    cache.clear()
    upload(uploads)
    cache.clear()
    run = start_sync(folder_source(tmp_path), actor=ada)
    assert run.state == SyncRun.State.RUNNING
    assert IngestionJob.objects.count() == 1
    assert caplog.text.count("broker_unreachable") == 2


def test_a_second_sync_is_not_begun_while_one_runs(ada, tmp_path):
    source = folder_source(tmp_path)
    assert start_sync(source, actor=ada) is not None
    assert start_sync(source, actor=ada) is None
    assert AuditEvent.objects.filter(action=events.SOURCE_SYNCED).count() == 1


def test_only_folders_below_the_allowed_roots_may_be_added(tmp_path, settings):
    (tmp_path / "open" / "docs").mkdir(parents=True)
    (tmp_path / "open-too").mkdir()
    (tmp_path / "open" / "escape").symlink_to(tmp_path / "open-too")
    with pytest.raises(SourceError, match="ATTEST_FOLDER_ROOTS"):
        checked_folder(str(tmp_path / "open" / "docs"))
    settings.ATTEST_FOLDER_ROOTS = [str(tmp_path / "open")]
    assert checked_folder(str(tmp_path / "open" / "docs")) == str(tmp_path / "open" / "docs")
    for outside in ("open-too", "open/../open-too", "open/escape"):
        with pytest.raises(SourceError, match="ATTEST_FOLDER_ROOTS"):
            checked_folder(str(tmp_path / outside))
    with pytest.raises(SourceError, match="does not exist"):
        checked_folder(str(tmp_path / "open" / "nothing"))
