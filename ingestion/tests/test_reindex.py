from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connection, transaction
from pgvector import SparseVector

from app.audit import events
from app.audit.models import AuditEvent
from app.corpus.access import Reader, access_parameters
from app.corpus.models import TERM_DIMENSIONS, Chunk, Document, DocumentVersion, IndexGeneration
from app.corpus.vectors import index_name
from app.providers import registry
from app.providers.errors import Unavailable
from ingestion import generations, pipeline, storing, switching
from ingestion.errors import FailureReason, IngestionError
from ingestion.generations import hold_shared
from ingestion.models import DocumentFailure, IngestionJob
from ingestion.pipeline import ingest_document
from ingestion.reindex import (
    ReindexError,
    begin_due_reindexes,
    begin_reindex,
    cancel_reindex,
    discard_kept,
    generation_status,
    rollback_reindex,
    sweep_discarded,
)
from ingestion.removal import delete_source
from ingestion.tests.encoders import CountingEncoder
from ingestion.tests.folders import document, folder_source, found, synced, write
from retrieval.index import encoded
from retrieval.semantic import SQL

pytestmark = pytest.mark.django_db
State = IndexGeneration.State

HOTELS = "# Hotels\n\nA hotel may cost 140 euros a night.\n"
TRAINS = "# Trains\n\nTrains are booked in second class.\n"


@pytest.fixture
def encoders(monkeypatch, settings):
    """`encoders[name]` is built when the settings or a generation name it."""
    made = {"": CountingEncoder("words", settings.ATTEST_ENCODER_DIMENSIONS), "small": CountingEncoder("small", 48)}
    monkeypatch.setattr(registry, "_encoder", lambda model, url, dimensions: made[model])
    return made


@pytest.fixture
def source(tmp_path, encoders):
    write(tmp_path / "hotels.md", HOTELS, age_s=60)
    write(tmp_path / "trains.md", TRAINS, age_s=60)
    source = folder_source(tmp_path)
    synced(source)
    return source


@pytest.fixture
def newer(monkeypatch):
    monkeypatch.setattr(generations, "CHUNKER_VERSION", "chunk-next")
    monkeypatch.setattr(storing, "CHUNKER_VERSION", "chunk-next")


def work_off(source) -> None:
    for document_id in IngestionJob.objects.filter(document__source=source).values_list("document_id", flat=True):
        ingest_document(document_id)


def states(source) -> list[str]:
    return [each.state for each in generation_status(source)]


def label_of(name: str) -> str:
    version = document(name).current_version
    assert version is not None
    return str(version.generation)


def chunk_texts(generation) -> set[str]:
    return set(Chunk.objects.filter(generation=generation).values_list("text", flat=True))


def test_the_old_index_answers_until_the_new_one_is_complete(source, newer, encoders):
    old = document("hotels.md").current_version
    embedded = list(encoders[""].embedded)
    begin_reindex(source, actor=None)
    ingest_document(document("hotels.md").pk)
    assert states(source) == ["active", "building"]
    assert document("hotels.md").current_version == old
    assert set(found("hotel night second class")) == {"hotels.md", "trains.md"}
    work_off(source)
    assert states(source) == ["active", "kept"]
    assert label_of("hotels.md") == "parse-2 · chunk-next · words"
    assert set(found("hotel night second class")) == {"hotels.md", "trains.md"}
    assert encoders[""].embedded == embedded, "the same texts with the same encoder"
    assert not IngestionJob.objects.exists()


def test_a_reindex_reads_the_kept_originals_and_asks_the_source_nothing(source, newer, tmp_path):
    begin_reindex(source, actor=None)
    for name in ("hotels.md", "trains.md"):
        (tmp_path / name).unlink()
    work_off(source)
    assert states(source) == ["active", "kept"]
    assert set(found("hotel night second class")) == {"hotels.md", "trains.md"}


def test_its_progress_is_known(source, newer):
    begin_reindex(source, actor=None)
    ingest_document(document("hotels.md").pk)
    active, building = generation_status(source)
    assert (building.wanted, building.built, building.waiting) == (2, 1, 1)
    assert (active.is_outdated, building.is_outdated) == (True, False)
    assert (active.documents, active.chunks) == (2, 2)


def test_what_changes_meanwhile_is_new_in_both(source, newer, tmp_path):
    begin_reindex(source, actor=None)
    ingest_document(document("hotels.md").pk)
    write(tmp_path / "hotels.md", HOTELS.replace("140", "155"))
    write(tmp_path / "taxis.md", "# Taxis\n\nA taxi is paid for after ten.\n")
    (tmp_path / "trains.md").unlink()
    synced(source)
    assert states(source) == ["active", "kept"], "the run brought everything up to date in both"
    assert set(found("hotel 155 taxi")) == {"hotels.md", "taxis.md"}
    for generation in source.generations.all():
        texts = " ".join(chunk_texts(generation))
        assert ("155" in texts, "140" in texts, "second class" in texts) == (True, False, False)


def test_a_document_that_cannot_be_read_anew_keeps_its_text(source, newer, monkeypatch):
    begin_reindex(source, actor=None)
    failing = document("hotels.md")
    real = pipeline.read

    def read(fetched):
        if b"hotel" in fetched.data:
            raise IngestionError(FailureReason.CORRUPT, "The newer parser cannot read it.", permanent=True)
        return real(fetched)

    monkeypatch.setattr(pipeline, "read", read)
    work_off(source)
    assert DocumentFailure.objects.get().document == failing
    assert states(source) == ["active", "kept"]
    assert generation_status(source)[0].carried == 1
    assert set(found("hotel night second class")) == {"hotels.md", "trains.md"}
    assert document("hotels.md").current_version.pipeline == "parse-2 chunk-2 words"


def test_going_back_and_forth(source, newer, tmp_path):
    begin_reindex(source, actor=None)
    work_off(source)
    assert rollback_reindex(source, actor=None)
    assert label_of("hotels.md") == "parse-2 · chunk-2 · words"
    assert set(found("hotel night second class")) == {"hotels.md", "trains.md"}
    begin_due_reindexes()
    assert states(source) == ["active", "kept"], "what an admin went back to is left alone"

    write(tmp_path / "hotels.md", HOTELS.replace("140", "155"))
    synced(source)
    assert not rollback_reindex(source, actor=None), "the changed document is missing there"
    assert found("hotel 155")[0] == "hotels.md"
    work_off(source)
    assert label_of("hotels.md") == "parse-2 · chunk-next · words"
    assert "155" in Chunk.objects.get(version=document("hotels.md").current_version).text


def test_each_act_on_an_index_is_in_the_audit_log(source, newer):
    begin_reindex(source, actor=None)
    work_off(source)
    rollback_reindex(source, actor=None)
    discard_kept(source, actor=None)
    told = AuditEvent.objects.filter(target=f"source:{source.pk}", action__contains="index").order_by("pk")
    assert [each.action for each in told] == [
        events.REINDEX_BEGUN, events.INDEX_SWITCHED, events.REINDEX_ROLLED_BACK, events.INDEX_SWITCHED,
        events.REINDEX_DISCARDED,
    ]  # fmt: skip


def test_a_cancelled_reindex_leaves_nothing(source, newer):
    before = set(DocumentVersion.objects.values_list("pk", flat=True))
    begin_reindex(source, actor=None)
    ingest_document(document("hotels.md").pk)
    cancel_reindex(source, actor=None)
    sweep_discarded()
    assert states(source) == ["active"]
    assert Chunk.objects.count() == 2
    assert set(DocumentVersion.objects.values_list("pk", flat=True)) == before
    assert not IngestionJob.objects.exists()
    with pytest.raises(ReindexError, match="not being re-indexed"):
        cancel_reindex(source, actor=None)


def test_going_back_can_be_cancelled(source, newer, tmp_path):
    begin_reindex(source, actor=None)
    work_off(source)
    write(tmp_path / "hotels.md", HOTELS.replace("140", "155"))
    synced(source)
    rollback_reindex(source, actor=None)
    cancel_reindex(source, actor=None)
    assert states(source) == ["active", "kept"]
    assert label_of("trains.md") == "parse-2 · chunk-next · words"


def test_a_discarded_index_is_gone_but_the_texts_that_answers_cite_stay(source, newer):
    cited = document("hotels.md").current_version
    begin_reindex(source, actor=None)
    work_off(source)
    discard_kept(source, actor=None)
    sweep_discarded()
    assert states(source) == ["active"]
    assert Chunk.objects.count() == 2
    assert DocumentVersion.objects.filter(pk=cited.pk).exists()
    with pytest.raises(ReindexError, match="no former index"):
        rollback_reindex(source, actor=None)


def test_only_one_at_a_time(source, newer):
    begin_reindex(source, actor=None)
    with pytest.raises(ReindexError, match="already"):
        begin_reindex(source, actor=None)


def test_duplicates_stay_linked_and_the_heir_takes_every_generation_over(source, newer, tmp_path):
    write(tmp_path / "twin.md", HOTELS)
    synced(source)
    begin_reindex(source, actor=None)
    ingest_document(document("hotels.md").pk)
    (tmp_path / "hotels.md").unlink()
    synced(source)
    assert document("twin.md").state == Document.State.READY
    work_off(source)
    assert states(source) == ["active", "kept"]
    assert found("hotel night") == ["twin.md", "trains.md"]
    assert rollback_reindex(source, actor=None)
    assert found("hotel night") == ["twin.md", "trains.md"]


def test_what_never_could_be_read_is_tried_with_the_newer_parser(source, newer, tmp_path, monkeypatch):
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing more")
    synced(source)
    begin_reindex(source, actor=None)
    assert IngestionJob.objects.filter(document=document("broken.pdf")).exists()
    work_off(source)
    assert states(source) == ["active", "kept"]


def test_sources_of_an_older_release_are_reindexed_by_themselves_one_at_a_time(source, newer, tmp_path, settings):
    write(tmp_path / "more" / "taxis.md", "# Taxis\n\nA taxi is paid for after ten.\n")
    other = folder_source(tmp_path / "more", name="Other")
    synced(other)
    IndexGeneration.objects.filter(source=other).update(chunker="chunk-0")
    settings.ATTEST_REINDEX_BY_ITSELF = False
    begin_due_reindexes()
    assert not IndexGeneration.objects.filter(state=State.BUILDING).exists()
    settings.ATTEST_REINDEX_BY_ITSELF = True
    begin_due_reindexes()
    begin_due_reindexes()
    assert (states(source), states(other)) == (["active", "building"], ["active"])
    work_off(source)
    begin_due_reindexes()
    assert states(other) == ["active", "building"]
    work_off(other)
    begin_due_reindexes()
    assert not IndexGeneration.objects.filter(state=State.BUILDING).exists()


def test_what_another_release_began_is_given_up_and_begun_anew(source, newer):
    IndexGeneration.objects.filter(pk=begin_reindex(source, actor=None).pk).update(parser="parse-of-a-later-release")
    work_off(source)
    assert states(source) == ["active", "building"], "this release must not write into it"
    begin_due_reindexes()
    work_off(source)
    assert label_of("hotels.md") == "parse-2 · chunk-next · words"


def test_another_encoder_of_another_size_answers_after_the_switch(source, encoders, settings, tmp_path):
    write(tmp_path / "other" / "taxis.md", "# Taxis\n\nA taxi to the hotel is paid for after ten.\n")
    other = folder_source(tmp_path / "other", name="Other")
    synced(other)
    settings.ATTEST_ENCODER_MODEL = "small"
    begin_reindex(source, actor=None)
    ingest_document(document("hotels.md").pk)
    assert set(found("hotel night")) == {"hotels.md", "trains.md", "taxis.md"}, "with the former encoder"
    work_off(source)
    assert set(Chunk.objects.filter(generation__state=State.ACTIVE).values_list("dimensions", flat=True)) == {48, 384}
    assert set(found("hotel night")) == {"hotels.md", "trains.md", "taxis.md"}, "each with its own encoder"
    assert rollback_reindex(source, actor=None)
    assert set(found("hotel night")) == {"hotels.md", "trains.md", "taxis.md"}


def test_an_encoder_that_is_down_lets_news_through_and_the_old_index_answer(source, encoders, settings, tmp_path):
    settings.ATTEST_ENCODER_MODEL = "small"
    begin_reindex(source, actor=None)

    def down(texts):
        raise Unavailable("It does not answer.")

    encoders["small"].encode_passages = down
    write(tmp_path / "hotels.md", HOTELS.replace("140", "155"))
    synced(source)
    work_off(source)
    assert states(source) == ["active", "building"]
    assert "155" in document("hotels.md").current_version.text
    assert found("hotel 155")[0] == "hotels.md"
    assert {job.document.failure.reason for job in IngestionJob.objects.all()} == {"model_unavailable"}
    del encoders["small"].encode_passages
    IngestionJob.objects.update(available_at="2026-01-01T00:00Z")
    work_off(source)
    assert states(source) == ["active", "kept"]
    assert not DocumentFailure.objects.exists()


def test_a_text_is_carried_over_to_another_encoder_by_embedding_it_anew(source, encoders, settings, monkeypatch):
    settings.ATTEST_ENCODER_MODEL = "small"
    begin_reindex(source, actor=None)

    def read(fetched):
        raise IngestionError(FailureReason.CORRUPT, "It cannot be read.", permanent=True)

    monkeypatch.setattr(pipeline, "read", read)
    work_off(source)
    assert states(source) == ["active", "kept"]
    assert set(found("hotel night second class")) == {"hotels.md", "trains.md"}


def test_an_encoder_that_fails_leaves_out_only_its_own_sources(source, encoders, settings, tmp_path):
    write(tmp_path / "other" / "taxis.md", "# Taxis\n\nA taxi to the hotel is paid for after ten.\n")
    settings.ATTEST_ENCODER_MODEL = "small"
    synced(folder_source(tmp_path / "other", name="Other"))

    def down(text):
        raise Unavailable("It does not answer.")

    encoders[""].encode_query = down
    assert found("hotel night") == ["taxis.md"]
    encoders["small"].encode_query = down
    assert set(found("hotel night")) == {"hotels.md", "taxis.md"}, "without any encoder all are searched by words alone"


def test_removal_takes_a_source_out_of_every_generation(source, newer):
    begin_reindex(source, actor=None)
    work_off(source)
    begin_reindex(source, actor=None)
    ingest_document(document("hotels.md").pk)
    delete_source(source)
    assert not Chunk.objects.exists()
    assert not DocumentVersion.objects.exists()
    assert not IndexGeneration.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_switch_waits_for_whoever_is_storing(source, newer):
    begin_reindex(source, actor=None)
    storing, done = Event(), Event()

    def store_slowly() -> None:
        with transaction.atomic():
            hold_shared(source.pk)
            storing.set()
            done.wait(20)
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        holding = pool.submit(store_slowly)
        storing.wait(20)
        switching = pool.submit(lambda: (work_off(source), connection.close()))
        assert states(source) == ["active", "building"]
        done.set()
        holding.result()
        switching.result()
    assert states(source) == ["active", "kept"]


@pytest.mark.django_db(transaction=True)
def test_a_crash_in_the_switch_leaves_the_old_index_and_the_next_look_switches(source, newer, monkeypatch):
    begin_reindex(source, actor=None)

    def crash(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as crashing:
        crashing.setattr(switching.events, "record_event", crash)
        with pytest.raises(KeyboardInterrupt):
            work_off(source)
    assert states(source) == ["active", "building"]
    assert label_of("hotels.md") == "parse-2 · chunk-2 · words"
    begin_due_reindexes()
    assert label_of("hotels.md") == "parse-2 · chunk-next · words"
    assert states(source) == ["active", "kept"]


def test_queries_are_answered_from_the_index_of_their_size(source, encoders):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        plan = explain(cursor, "hotel")
    assert index_name(384) in plan


def explain(cursor, text: str) -> str:
    query = encoded(text, SparseVector({1: 1.0}, TERM_DIMENSIONS))[0]
    parameters = {**query.parameters(), "depth": 10, **access_parameters(Reader())}
    cursor.execute(f"EXPLAIN {SQL.format(filters='')}", parameters)
    return "\n".join(row[0] for row in cursor.fetchall())
