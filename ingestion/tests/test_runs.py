"""Runs: when they begin, how they end, and what an admin may say meanwhile."""

import shutil
from datetime import timedelta

import pytest
from django.utils import timezone

from app.audit import events
from app.audit.models import AuditEvent
from app.corpus.models import Chunk, Document, Source
from ingestion import fetching
from ingestion import sources as acts
from ingestion.apply import apply
from ingestion.breaker import FIRST_PAUSE, pause_after
from ingestion.connectors.base import ConnectorError, Readers
from ingestion.connectors.registry import connector_for
from ingestion.foreground import RunFailed, run_source
from ingestion.listing import listing_of
from ingestion.models import DocumentFailure, IngestionJob, SyncRun
from ingestion.pipeline import ingest_document, ingest_documents
from ingestion.runs import LastRun, finish_run, next_run_at, open_due_runs, open_run
from ingestion.status import source_status, source_statuses
from ingestion.sync import MAX_LOOKS, look
from ingestion.tests.folders import document, folder_source, found, synced, write
from ingestion.tests.shelf import Shelf, down, shelf_source
from ingestion.turns import next_documents, work_is_due
from ingestion.work import work_for

pytestmark = pytest.mark.django_db
HOTELS = "# Hotels\n\nA hotel may cost 140 euros a night.\n"


def shelf_of(count: int) -> Shelf:
    shelf = Shelf()
    for number in range(count):
        shelf.put(f"rule-{number}.md", f"# Rule {number}\n\nForm {number} is filed within {number} days.\n")
    return shelf


def opened(source: Source, **more) -> SyncRun:
    run = open_run(source, **more)
    assert run is not None
    return run


def refreshed(source: Source) -> Source:
    return Source.objects.get(pk=source.pk)


# -- removal -----------------------------------------------------------------------------------------------------


def test_a_run_that_would_remove_too_much_removes_nothing_and_asks():
    shelf = shelf_of(10)
    source = shelf_source(shelf)
    synced(source)
    for number in range(6):
        shelf.take_away(f"rule-{number}.md")
    shelf.put("new.md", HOTELS)
    run = synced(source)
    assert (run.state, run.held_removals, run.removed, run.added) == (SyncRun.State.HELD, 6, 0, 1)
    assert "6 documents are gone" in run.message
    assert Document.objects.count() == 11
    assert found("hotel night")[0] == "new.md"
    assert refreshed(source).last_synced_at == source.runs.earliest("pk").finished_at


def test_an_approved_removal_is_done_by_the_run_that_follows(django_capture_on_commit_callbacks):
    shelf = shelf_of(10)
    source = shelf_source(shelf)
    synced(source)
    for number in range(6):
        shelf.take_away(f"rule-{number}.md")
    synced(source)
    run = acts.approve_removals(source, actor=None)
    assert run is not None
    look(run)
    finish_run(run)
    run.refresh_from_db()
    assert (run.state, run.removed) == (SyncRun.State.SUCCEEDED, 6)
    assert Document.objects.count() == 4
    assert AuditEvent.objects.get(action=events.REMOVALS_APPROVED).details == {"documents": 6}


def test_a_refused_removal_is_looked_at_again_and_goes_when_the_documents_are_back():
    shelf = shelf_of(6)
    source = shelf_source(shelf)
    synced(source)
    away = {name: (shelf.items.pop(name), shelf.data.pop(name)) for name in list(shelf.items)}
    assert synced(source).state == SyncRun.State.HELD
    assert source_status(source).held_removals == 6
    acts.refuse_removals(source, actor=None)
    assert source_status(source).held_removals == 0
    assert synced(source).state == SyncRun.State.HELD
    for name, (item, data) in away.items():
        shelf.items[name], shelf.data[name] = item, data
    run = synced(source)
    assert (run.state, run.unchanged, run.held_removals) == (SyncRun.State.SUCCEEDED, 6, 0)


def test_a_folder_that_is_suddenly_empty_keeps_its_documents(tmp_path):
    for number in range(6):
        write(tmp_path / "files" / f"{number}.md", f"# {number}\n\n{HOTELS}")
    source = folder_source(tmp_path / "files")
    synced(source)
    shutil.rmtree(tmp_path / "files")
    (tmp_path / "files").mkdir()
    assert synced(source).state == SyncRun.State.HELD
    assert Document.objects.filter(current_version__isnull=False).count() == 6


def test_a_few_removals_are_done_whatever_share_they_are():
    shelf = shelf_of(4)
    source = shelf_source(shelf)
    synced(source)
    for name in list(shelf.items):
        shelf.take_away(name)
    assert synced(source).removed == 4


def test_a_limit_of_nothing_asks_about_a_single_document():
    shelf = shelf_of(20)
    source = shelf_source(shelf, removal_limit=0)
    synced(source)
    shelf.take_away(next(iter(shelf.items)))
    assert synced(source).removed == 0
    assert source.documents.count() == 20


# -- what changed ------------------------------------------------------------------------------------------------


def test_what_the_source_tells_of_a_document_is_kept_up_to_date_without_reading_it_again():
    shelf = Shelf()
    shelf.put("a.md", HOTELS, fingerprint="1", url="https://a.example/1", owner="Ada")
    shelf.put("b.md", HOTELS + "More.", fingerprint="1")
    source = shelf_source(shelf)
    synced(source)
    shelf.calls.clear()
    moment = timezone.now() - timedelta(days=400)
    shelf.put(
        "a.md", HOTELS, fingerprint="1", url="https://a.example/2", owner="Eve", modified_at=moment, parent="b.md"
    )
    run = synced(source)
    changed = document("a.md")
    assert run.unchanged == 2
    assert (changed.url, changed.owner, changed.modified_at) == ("https://a.example/2", "Eve", moment)
    assert changed.parent == document("b.md")
    assert changed.title == "Hotels"
    assert shelf.calls == ["items"]


def test_a_move_that_the_source_tells_keeps_the_document_and_reads_nothing():
    shelf = Shelf()
    shelf.put("a.md", HOTELS, fingerprint="1")
    shelf.put("twin.md", HOTELS + "More.", fingerprint="1")
    source = shelf_source(shelf)
    synced(source)
    before = document("a.md")
    shelf.take_away("a.md")
    shelf.put("b.md", HOTELS, fingerprint="1", moved_from="a.md")
    shelf.calls.clear()
    assert synced(source).moved == 1
    assert document("b.md").pk == before.pk
    assert shelf.calls == ["items"]


def test_a_copy_that_says_where_it_came_from_is_a_document_of_its_own():
    shelf = Shelf()
    shelf.put("a.md", HOTELS)
    source = shelf_source(shelf)
    synced(source)
    shelf.put("b.md", HOTELS + "More.", moved_from="a.md")
    run = synced(source)
    assert (run.moved, run.added, run.removed) == (0, 1, 0)


def test_a_change_of_readers_alone_embeds_nothing_and_holds_at_once():
    shelf = Shelf()
    shelf.put("a.md", HOTELS, fingerprint="1")
    source = shelf_source(shelf)
    synced(source)
    chunk = Chunk.objects.get().pk
    assert found("hotel night") == ["a.md"]
    shelf.put("a.md", HOTELS, fingerprint="1", readers=Readers(emails=frozenset({"ada@example.com"})))
    shelf.calls.clear()
    synced(source)
    assert found("hotel night") == []
    assert Chunk.objects.get().pk == chunk
    assert shelf.calls == ["items"]
    shelf.put("a.md", HOTELS, fingerprint="1")
    synced(source)
    assert found("hotel night") == ["a.md"]


def test_a_document_that_lost_its_job_is_queued_again_by_the_next_look():
    shelf = shelf_of(2)
    source = shelf_source(shelf)
    look(opened(source))
    acts.cancel_run(source, actor=None)
    Document.objects.update(fingerprint=shelf.items["rule-0.md"].fingerprint)
    run = synced(source)
    assert run.queued == 2
    assert Document.objects.filter(state=Document.State.READY).count() == 2


def test_an_item_that_cannot_be_stored_is_left_out_and_the_rest_goes_on():
    shelf = shelf_of(1)
    shelf.put("x" * 1001, HOTELS)
    shelf.put("nul\x00.md", HOTELS)
    shelf.put("odd.md", HOTELS, url="u" * 3000, title="t" * 900, fingerprint="f" * 500)
    run = synced(shelf_source(shelf))
    assert (run.state, run.added) == (SyncRun.State.SUCCEEDED, 2)
    assert run.message.startswith("2 items were left out")


# -- changes since a cursor --------------------------------------------------------------------------------------


def test_a_source_that_tells_its_changes_is_listed_completely_only_now_and_then():
    shelf = shelf_of(3)
    source = shelf_source(shelf, tells=True)
    assert not synced(source).is_partial
    assert shelf.calls[:2] == ["cursor", "items"]
    shelf.calls.clear()
    shelf.put("rule-0.md", HOTELS)
    shelf.take_away("rule-1.md")
    run = synced(refreshed(source))
    assert (run.is_partial, run.updated, run.removed) == (True, 1, 1)
    assert "items" not in shelf.calls
    assert found("hotel night")[0] == "rule-0.md"
    assert Document.objects.count() == 2
    Source.objects.update(listed_at=timezone.now() - timedelta(hours=25))
    assert not synced(refreshed(source)).is_partial


def test_what_did_not_change_counts_as_checked_too():
    shelf = shelf_of(2)
    source = shelf_source(shelf, tells=True)
    synced(source)
    Document.objects.update(checked_at=timezone.now() - timedelta(days=3))
    synced(refreshed(source))
    oldest = source_status(source).oldest_unchecked_at
    assert oldest is not None
    assert timezone.now() - oldest < timedelta(minutes=5)


def test_a_lost_cursor_means_a_complete_listing():
    shelf = shelf_of(2)
    source = shelf_source(shelf, tells=True)
    synced(source)
    shelf.take_away("rule-0.md")
    shelf.cursor_is_lost = True
    run = synced(refreshed(source))
    assert (run.is_partial, run.removed) == (False, 1)


def test_what_a_held_run_saw_gone_is_seen_again_by_the_next():
    shelf = shelf_of(8)
    source = shelf_source(shelf, tells=True)
    synced(source)
    for number in range(6):
        shelf.take_away(f"rule-{number}.md")
    assert synced(refreshed(source)).state == SyncRun.State.HELD
    run = synced(refreshed(source))
    assert (run.state, run.is_partial, run.held_removals) == (SyncRun.State.HELD, False, 6)


# -- when runs begin ---------------------------------------------------------------------------------------------


def test_due_sources_get_a_run_and_never_a_second_one():
    source = shelf_source(shelf_of(1), refresh_interval=timedelta(minutes=10))
    assert [run.source for run in open_due_runs()] == [source]
    assert open_due_runs() == []
    synced(source)
    assert open_due_runs() == []
    SyncRun.objects.update(started_at=timezone.now() - timedelta(minutes=11))
    assert len(open_due_runs()) == 1


@pytest.mark.parametrize("change", [{"state": "paused"}, {"refresh_interval": None}])
def test_a_paused_source_and_one_without_interval_are_never_due(change):
    source = shelf_source(shelf_of(1), refresh_interval=timedelta(minutes=10))
    Source.objects.update(**change)
    assert open_due_runs() == []
    assert next_run_at(refreshed(source), None) is None


def test_a_held_run_is_not_begun_again_every_minute():
    source = shelf_source(shelf_of(1), refresh_interval=timedelta(hours=1))
    now = timezone.now()
    assert next_run_at(source, LastRun(SyncRun.State.HELD, now)) == now + timedelta(hours=1)


# -- failing sources ---------------------------------------------------------------------------------------------


def test_a_failing_source_is_left_alone_longer_each_time_and_a_success_ends_that():
    shelf = shelf_of(1)
    shelf.listing_fails = down()
    source = shelf_source(shelf, refresh_interval=timedelta(minutes=1))
    for failures in (1, 2):
        Source.objects.update(blocked_until=None)
        look(opened(source))
        source.refresh_from_db()
        assert source.failed_runs == failures
        pause = source.blocked_until - timezone.now()
        assert pause == pytest.approx(FIRST_PAUSE * 2 ** (failures - 1), abs=timedelta(seconds=10))
    assert source.blocked_message == "The shelf does not answer; wait."
    assert open_due_runs() == []
    shelf.listing_fails = None
    assert synced(source).state == SyncRun.State.SUCCEEDED
    source.refresh_from_db()
    assert (source.failed_runs, source.blocked_until, source.blocked_message) == (0, None, "")


def test_pauses_have_a_ceiling_and_respect_what_the_source_asks(settings):
    settings.ATTEST_LONGEST_PAUSE_MINUTES = 60
    hour = timedelta(hours=1)
    assert pause_after(50, down()) == hour
    assert pause_after(1, down(retry_after_s=600)) == timedelta(minutes=10)
    assert pause_after(1, down(permanent=True)) == hour
    assert pause_after(1, down(retry_after_s=1e12)) <= timedelta(days=1)


def test_an_admin_who_asks_for_a_run_gets_one_at_once():
    shelf = shelf_of(1)
    shelf.listing_fails = down(permanent=True)
    source = shelf_source(shelf)
    look(opened(source))
    shelf.listing_fails = None
    run = acts.start_sync(source, actor=None)
    assert run is not None
    look(run)
    assert work_is_due()


def test_a_source_that_fails_while_it_is_read_waits_as_a_whole_and_no_try_is_counted():
    shelf = shelf_of(5)
    source = shelf_source(shelf)
    look(opened(source))
    shelf.fetch_fails["*"] = down()
    shelf.calls.clear()
    work_for(30)
    assert len(shelf.calls) == 1
    assert IngestionJob.objects.filter(attempts=0, started_at=None).count() == 5
    assert not DocumentFailure.objects.exists()
    assert not work_is_due()
    assert source.runs.get().state == SyncRun.State.RUNNING
    shelf.fetch_fails.clear()
    Source.objects.update(blocked_until=timezone.now())
    IngestionJob.objects.update(available_at=timezone.now())
    work_for(30)
    assert source.runs.get().state == SyncRun.State.SUCCEEDED


def test_one_document_that_cannot_be_fetched_does_not_keep_the_others_waiting():
    shelf = shelf_of(4)
    shelf.fetch_fails["rule-0.md"] = down()
    source = shelf_source(shelf)
    look(opened(source))
    for _ in range(6):
        work_for(30)
        Source.objects.update(blocked_until=timezone.now())
        IngestionJob.objects.update(available_at=timezone.now())
        if source.runs.get().state != SyncRun.State.RUNNING:
            break
    run = source.runs.get()
    assert (run.state, run.failed) == (SyncRun.State.SUCCEEDED, 1)
    assert DocumentFailure.objects.get().document.external_id == "rule-0.md"
    assert Document.objects.filter(state=Document.State.READY).count() == 3


def test_wrong_credentials_found_while_reading_end_the_run_and_keep_the_jobs():
    shelf = shelf_of(3)
    source = shelf_source(shelf)
    look(opened(source))
    shelf.fetch_fails["*"] = ConnectorError("The token is wrong; enter it again.", permanent=True)
    work_for(30)
    run = source.runs.get()
    assert (run.state, run.message) == (SyncRun.State.FAILED, "The token is wrong; enter it again.")
    assert IngestionJob.objects.count() == 3
    assert not work_is_due()


def test_an_error_that_no_connector_foresaw_ends_the_run_and_tells_no_secret(caplog):
    shelf = shelf_of(1)
    shelf.listing_fails = RuntimeError("https://user:hunter2@shelf.example.com")
    source = shelf_source(shelf)
    with pytest.raises(RunFailed, match="RuntimeError") as caught:
        run_source(source, lambda done, total: None)
    assert "hunter2" not in str(caught.value) + caplog.text + source.runs.get().message


def test_a_look_that_never_ends_is_given_up():
    source = shelf_source(shelf_of(1))
    run = opened(source)
    SyncRun.objects.update(looks=MAX_LOOKS)
    run.refresh_from_db()
    assert look(run) == []
    run.refresh_from_db()
    assert run.state == SyncRun.State.FAILED


# -- acts --------------------------------------------------------------------------------------------------------


def test_a_paused_source_is_left_alone_until_it_is_resumed():
    source = shelf_source(shelf_of(2))
    look(opened(source))
    acts.pause_source(source, actor=None)
    assert not work_is_due()
    with pytest.raises(acts.SourceError, match="paused"):
        acts.start_sync(source, actor=None)
    assert source_status(source).is_paused
    acts.resume_source(source, actor=None)
    assert work_is_due()
    work_for(30)
    assert source.runs.get().state == SyncRun.State.SUCCEEDED
    actions = list(AuditEvent.objects.values_list("action", flat=True))
    assert actions[-2:] == [events.SOURCE_PAUSED, events.SOURCE_RESUMED]


def test_a_cancelled_run_leaves_the_rest_to_the_next_one():
    source = shelf_source(shelf_of(3))
    documents = look(opened(source))
    ingest_document(documents[0])
    assert acts.cancel_run(source, actor=None)
    assert not acts.cancel_run(source, actor=None)
    assert source.runs.get().state == SyncRun.State.CANCELLED
    assert not IngestionJob.objects.exists()
    run = synced(source)
    assert (run.unchanged, run.queued) == (1, 2)


def test_cancelling_a_run_over_uploads_loses_no_upload():
    source = acts.create_source(actor=None, name="Uploads", kind="upload", everyone=True)
    acts.upload_document(source, actor=None, name="hotels.md", data=HOTELS.encode())
    look(opened(source, everything=True))
    acts.cancel_run(source, actor=None)
    work_for(30)
    assert found("hotel night") == ["hotels.md"]


def test_a_run_ends_though_a_document_waits_for_its_next_try(tmp_path):
    shelf = shelf_of(2)
    source = shelf_source(shelf)
    shelf.put("empty.md", "   ")
    run = synced(source)
    assert (run.state, run.failed) == (SyncRun.State.SUCCEEDED, 1)
    assert source_status(source).failed == 1


def test_the_status_of_many_sources_takes_no_more_queries_than_of_one(django_assert_num_queries):
    sources = [shelf_source(shelf_of(2), name=f"Shelf {number}") for number in range(3)]
    synced(sources[0])
    with django_assert_num_queries(3):
        statuses = source_statuses(Source.objects.filter(pk__in=[source.pk for source in sources[:1]]).all()[:0])
        assert statuses == []
        assert [status.documents for status in source_statuses(sources)] == [2, 0, 0]


def test_documents_of_a_removed_source_are_not_waited_for():
    source = shelf_source(shelf_of(2))
    look(opened(source))
    acts.remove_source(source, actor=None)
    with next_documents(10) as documents:
        assert documents == []


def test_what_a_cancelled_run_had_found_changed_is_found_again_though_the_source_tells_changes_alone():
    shelf = shelf_of(3)
    source = shelf_source(shelf, tells=True)
    synced(source)
    shelf.put("rule-1.md", HOTELS)
    look(opened(refreshed(source)))
    acts.cancel_run(source, actor=None)
    synced(refreshed(source))
    assert found("hotel night")[0] == "rule-1.md"


def test_what_was_listed_at_another_place_is_not_applied():
    shelf = shelf_of(3)
    source = shelf_source(shelf, tells=True)
    run = opened(source)
    listing = listing_of(SyncRun.objects.get(pk=run.pk))
    before = SyncRun.objects.select_related("source").get(pk=run.pk)
    acts.change_source(refreshed(source), actor=None, settings={"address": "https://other.example.com", "depth": 3})
    assert apply(before, listing) == []
    assert not Document.objects.exists()
    assert refreshed(source).cursor == ""
    assert len(look(SyncRun.objects.get(pk=run.pk))) == 3
    assert refreshed(source).cursor == "3"


def test_a_name_that_is_no_text_is_left_out_and_the_rest_goes_on():
    shelf = shelf_of(1)
    shelf.put("caf\udce9.md", HOTELS)
    shelf.put("odd.md", HOTELS, title="Caf\udce9", readers=Readers(emails=frozenset({"a\x00@example.com"})))
    run = opened(shelf_source(shelf))
    look(run)
    run.refresh_from_db()
    assert (run.added, run.message[:24]) == (2, "1 items were left out, a")
    assert document("odd.md").title == "Caf"


def test_a_token_that_was_wrong_for_long_sets_no_document_aside_for_ever():
    shelf = shelf_of(1)
    source = shelf_source(shelf)
    look(opened(source))
    shelf.fetch_fails["*"] = ConnectorError("The token is wrong; enter it again.", permanent=True)
    for _ in range(6):
        Source.objects.update(blocked_until=None)
        IngestionJob.objects.update(available_at=timezone.now())
        work_for(30)
    shelf.fetch_fails.clear()
    Source.objects.update(blocked_until=None)
    IngestionJob.objects.update(available_at=timezone.now())
    work_for(30)
    assert Document.objects.get().state == Document.State.READY
    assert not DocumentFailure.objects.exists()


def test_a_group_of_documents_is_read_through_one_connector(monkeypatch):
    made = []
    monkeypatch.setattr(fetching, "connector_for", lambda source: made.append(source) or connector_for(source))
    source = shelf_source(shelf_of(4))
    look(opened(source))
    ingest_documents(list(IngestionJob.objects.values_list("document_id", flat=True)))
    assert len(made) == 1
    assert Document.objects.filter(state=Document.State.READY).count() == 4


def test_secrets_that_cannot_be_opened_leave_the_source_alone_and_blame_no_document():
    source = shelf_source(shelf_of(2), secrets={"token": "t"})
    look(opened(source))
    Source.objects.update(secrets="not sealed by this server")
    work_for(30)
    assert refreshed(source).blocked_until is not None
    assert not DocumentFailure.objects.exists()


def test_retrying_many_failures_takes_no_more_queries_than_one(django_assert_max_num_queries):
    source = shelf_source(shelf_of(30))
    for document_id in look(opened(source)):
        DocumentFailure.objects.create(document_id=document_id, reason="corrupt", message="", permanent=True)
    IngestionJob.objects.filter(document__external_id="rule-0.md").update(attempts=4)
    IngestionJob.objects.exclude(document__external_id="rule-0.md").delete()
    with django_assert_max_num_queries(12):
        assert acts.retry_failures(source, actor=None) == 30
    assert set(IngestionJob.objects.values_list("attempts", "source_id")) == {(0, source.pk)}
    assert IngestionJob.objects.count() == 30
