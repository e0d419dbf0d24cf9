from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.core.files.storage import default_storage
from django.db import connection, transaction

from app.answers.models import Answer, Citation, Evidence, Question
from app.answers.steps import record
from app.answers.tests.asked import asked, library, person
from app.audit.models import AuditEvent
from app.corpus.models import Chunk, Document, DocumentVersion, TermFrequency
from app.corpus.terms import fold_changes
from app.tests.world import BUDGET, answered_question, make_world, stored_document
from ingestion.originals import content_hash, forget_originals, keep_original, path_of
from ingestion.purge import purge_document, purge_source
from ingestion.removal import remove_documents
from ingestion.tests.folders import found

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return make_world()


def words_kept() -> str:
    """All text that the database still has of documents and answers, as one."""
    parts = [
        *DocumentVersion.objects.values_list("text", "outline"),
        *Chunk.objects.values_list("text", "heading_path"),
        *Answer.objects.values_list("text", "notice"),
        *Citation.objects.values_list("quote"),
        *Evidence.objects.values_list("title", "heading_path"),
    ]
    return str(parts)


def test_a_purged_document_leaves_no_word_of_it_anywhere(world, django_capture_on_commit_callbacks):
    original = path_of(world.document.current_version.original)
    assert default_storage.exists(original)
    assert "480,000" in words_kept()
    with django_capture_on_commit_callbacks(execute=True):
        report = purge_document(world.document, actor=world.ada)
    assert "480,000" not in words_kept()
    assert "Team budget" not in words_kept()
    assert not default_storage.exists(original)
    fold_changes()
    assert not TermFrequency.objects.filter(lexeme="budget").exists()
    assert (report.documents, report.versions, report.originals, report.answers) == (1, 1, 1, 1)
    assert report.characters > 100
    assert str(report).startswith("Erased 1 document with 1 version")


def test_it_is_audited_without_a_word_of_the_document(world):
    purge_document(world.document, actor=world.ada)
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.actor_label) == ("document_purged", "ada@example.com")
    assert event.details["chunks"] > 0
    assert "budget" not in str(event.details)


def test_answers_from_other_documents_stay(world):
    kept = answered_question(world.alice, "How much leave?", world.handbook)
    purge_document(world.document, actor=None)
    kept.refresh_from_db()
    world.answer.refresh_from_db()
    assert kept.text
    assert kept.citations.get().quote
    assert world.answer.text == ""
    assert world.answer.outcome == "answered"


def test_what_a_model_wrote_later_in_the_conversation_is_erased_too(world):
    follow_up = Question.objects.create(
        conversation=world.conversation, text="And for 2027?", standalone="How much of the 480,000 euros for 2027?"
    )
    values = {"mode": Answer.Mode.MODEL, "outcome": "answered", "finished_at": follow_up.created_at}
    later = Answer.objects.create(question=follow_up, text="As said, 480,000.", **values)
    assert purge_document(world.document, actor=None).answers == 2
    later.refresh_from_db()
    follow_up.refresh_from_db()
    assert (later.text, follow_up.standalone) == ("", "")


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_is_being_made_meanwhile_keeps_no_word_of_it(monkeypatch):
    sources = library()
    real = record._still_there

    def purge_first(draft):
        purge_document(Document.objects.get(external_id="travel.md"), actor=None)
        return real(draft)

    monkeypatch.setattr(record, "_still_there", purge_first)
    answer, _ = asked(person("charlie@example.com"), "How much may a hotel cost a night?")
    assert answer.outcome
    assert answer.text == ""
    assert "hotel" not in words_kept().lower()
    assert sources["open"].documents.count() == 1


def test_the_same_content_in_another_document_is_named(world):
    stored_document(world.handbook_source, "copy of the budget.md", BUDGET)
    report = purge_document(world.document, actor=None)
    assert report.others == 1
    assert "stays in 1 other document" in str(report)
    assert default_storage.exists(path_of(Document.objects.get(title="Team budget").current_version.original))


def test_a_purged_source_is_gone_whole(world):
    report = purge_source(world.team_source, actor=world.ada)
    assert report.documents == 1
    assert "480,000" not in words_kept()
    assert "28 days" in words_kept()
    assert found("leave")


def test_removal_alone_takes_it_out_of_search_and_lists(world):
    remove_documents([world.handbook])
    assert found("leave a year") == []
    assert not Document.objects.filter(pk=world.handbook.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_a_deletion_never_takes_a_file_that_an_upload_needs():
    data = b"The same bytes come again while they are being deleted."
    digest = content_hash(data)
    keep_original(data)
    uploading, done = Event(), Event()

    def upload() -> None:
        with transaction.atomic():
            keep_original(data)
            uploading.set()
            done.wait(20)
            world = make_world()
            DocumentVersion.objects.filter(document=world.document).update(original=digest)
        connection.close()

    def forget() -> None:
        forget_originals({digest})
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        upload_ends = pool.submit(upload)
        uploading.wait(20)
        deletion_ends = pool.submit(forget)
        done.set()
        upload_ends.result()
        deletion_ends.result()
    assert default_storage.exists(path_of(digest))
    DocumentVersion.objects.filter(original=digest).update(original="")
    forget_originals({digest})
    assert not default_storage.exists(path_of(digest))
