"""Reports of wrong citations are looked into by those who may read what they are about, and settled once."""

import pytest
from django.test import Client

from app.accounts.models import Role, User
from app.answers.models import Answer, AnswerSentence, CitationReport, Question
from app.audit.models import AuditEvent
from app.tests.world import World, answered_question
from app.web.tests.conftest import Visitors

HTMX = {"HX-Request": "true"}


@pytest.fixture
def bob(world: World) -> Client:
    """A reviewer in the team's group."""
    User.objects.filter(pk=world.bob.pk).update(roles=[Role.REVIEWER])
    client = Client()
    client.force_login(world.bob)
    return client


@pytest.fixture
def report(world: World) -> CitationReport:
    return CitationReport.objects.create(citation=world.citation, comment="It says 48,000.")


def test_nothing_reported_is_said_in_words(bob: Client) -> None:
    assert "Nothing to look into" in bob.get("/reports/").text
    assert "No report is settled yet" in bob.get("/reports/?state=settled").text


def test_a_report_stands_with_the_claim_the_source_and_the_reason(
    bob: Client, world: World, report: CitationReport
) -> None:
    page = bob.get("/reports/").text
    claimed, source = page.split("The answer says")[1].split("Source 1:")
    assert "The team may spend 480,000 euros in 2026" in claimed
    assert "[1]" not in claimed
    for words in ("Team budget", "kept back until July", "It says 48,000.", f"/answers/{world.answer.pk}/why/"):
        assert words in source
    assert "alice" not in page.lower()


def test_each_look_at_words_of_an_answer_is_audited_and_a_look_at_none_is_not(
    bob: Client, visitors: Visitors, world: World, report: CitationReport
) -> None:
    visitors.ada.get("/reports/")
    assert not AuditEvent.objects.filter(action="answers_listed").exists()
    bob.get("/reports/")
    listed = AuditEvent.objects.get(action="answers_listed")
    assert (listed.actor_label, listed.details) == ("bob@example.com", {"answers": [world.answer.pk]})
    bob.get(f"/reports/{report.pk}/settle/")
    looked = AuditEvent.objects.get(action="answer_looked_at")
    assert (looked.actor_label, looked.target) == ("bob@example.com", f"answer:{world.answer.pk}")


def test_the_claim_is_the_checked_sentence_where_sentences_were_checked(
    bob: Client, world: World, report: CitationReport
) -> None:
    text = "Hello there. The team has 5 euros. [1] All is well."
    Answer.objects.filter(pk=world.answer.pk).update(text=text, mode=Answer.Mode.MODEL)
    AnswerSentence.objects.create(
        answer=world.answer, ordinal=0, start=13, end=34, verdict="weak", support=0.3, markers=[1]
    )
    claimed = bob.get("/reports/").text.split("The answer says")[1].split("Source 1:")[0]
    assert "The team has 5 euros." in claimed
    assert "Hello" not in claimed


def test_of_unchecked_text_the_sentence_before_the_marker_is_the_claim(
    bob: Client, world: World, report: CitationReport
) -> None:
    Answer.objects.filter(pk=world.answer.pk).update(text="Hello there. It is 5.\n- The team has 7 euros [1]. Bye.")
    claimed = bob.get("/reports/").text.split("The answer says")[1].split("Source 1:")[0]
    assert ">The team has 7 euros<" in claimed
    assert "It is 5" not in claimed


def test_who_may_not_read_the_passage_learns_that_there_is_a_report_and_no_word_more(
    visitors: Visitors, world: World, report: CitationReport
) -> None:
    page = visitors.ada.get("/reports/").text
    assert "A report on a passage that you may not read" in page
    for words in ("480,000", "48,000", "Team budget", "/settle/", f"/answers/{world.answer.pk}/"):
        assert words not in page
    assert visitors.ada.get(f"/reports/{report.pk}/settle/").status_code == 404
    assert visitors.ada.post(f"/reports/{report.pk}/settle/", {"finding": "fine", "note": "x"}).status_code == 404


def test_a_passage_found_before_in_the_conversation_closes_the_report_too(
    bob: Client, world: World, report: CitationReport
) -> None:
    """A follow-up can say what an earlier turn found, so reading what it cites is not enough."""
    User.objects.filter(pk=world.charlie.pk).update(roles=[Role.REVIEWER])
    later = answered_question(world.alice, "And leave?", world.handbook)
    on_leave = CitationReport.objects.create(citation=later.citations.get())
    charlie = Client()
    charlie.force_login(world.charlie)
    assert charlie.get(f"/reports/{on_leave.pk}/settle/").status_code == 200
    Question.objects.filter(pk=later.question_id).update(conversation=world.conversation)
    assert charlie.get(f"/reports/{on_leave.pk}/settle/").status_code == 404
    assert charlie.get(f"/answers/{later.pk}/why/").status_code == 404
    assert bob.get(f"/answers/{later.pk}/why/").status_code == 200


def test_settling_asks_for_a_finding_and_a_note_and_is_audited(
    bob: Client, world: World, report: CitationReport
) -> None:
    address = f"/reports/{report.pk}/settle/"
    assert "kept back until July" in bob.get(address).text
    assert bob.post(address, {"finding": "wrong", "note": " "}).status_code == 422
    assert bob.post(address, {"note": "Hm."}).status_code == 422
    page = bob.post(address, {"finding": "wrong", "note": "It was the other table."}, follow=True).text
    assert "The report is settled." in page
    assert "Nothing to look into" in page
    report.refresh_from_db()
    assert (report.finding, report.note, report.settled_by) == ("wrong", "It was the other table.", world.bob)
    settled = bob.get("/reports/?state=settled").text
    assert "The source does not say that" in settled
    assert "It was the other table." in settled
    event = AuditEvent.objects.get(action="citation_report_settled")
    assert (event.target, event.actor_label) == (f"citation_report:{report.pk}", "bob@example.com")
    assert event.details == {"citation": world.citation.pk, "finding": "wrong"}


def test_its_reader_hears_that_it_was_looked_into_and_can_report_anew(
    visitors: Visitors, world: World, bob: Client, report: CitationReport
) -> None:
    bob.post(f"/reports/{report.pk}/settle/", {"finding": "fine", "note": "Line 3 says it."})
    page = visitors.alice.get(f"/conversations/{world.conversation.pk}/").text
    assert "Report looked into" in page
    assert "Line 3 says it." not in page
    visitors.alice.post(f"/citations/{world.citation.pk}/report/undo/", headers=HTMX)
    assert CitationReport.objects.filter(pk=report.pk).exists()
    visitors.alice.post(f"/citations/{world.citation.pk}/report/", {"comment": "It does not."}, headers=HTMX)
    report.refresh_from_db()
    assert (report.settled_at, report.finding, report.note, report.comment) == (None, "", "", "It does not.")


@pytest.mark.parametrize(("role", "is_offered"), [(Role.ADMIN, True), (Role.REVIEWER, True), (Role.OPERATOR, False)])
def test_the_menu_offers_the_page_to_admins_and_reviewers(world: World, role: Role, is_offered: bool) -> None:
    User.objects.filter(pk=world.charlie.pk).update(roles=[role])
    client = Client()
    client.force_login(world.charlie)
    assert ('href="/reports/"' in client.get("/").text) is is_offered
    assert client.get("/reports/").status_code == (200 if is_offered else 404)


# Why this answer, for those who judge it ---------------------------------------------------------------


def test_a_reviewer_who_may_read_everything_sees_why_and_that_is_audited(bob: Client, world: World) -> None:
    page = bob.get(f"/answers/{world.answer.pk}/why/").text
    for words in (
        "Somebody else asked this",
        "How much may the team spend?",
        "480,000 euros",
        "Passages that were found",
    ):
        assert words in page
    assert "alice" not in page.lower()
    assert f"/conversations/{world.conversation.pk}/" not in page
    event = AuditEvent.objects.get(action="answer_looked_at")
    assert (event.target, event.actor_label) == (f"answer:{world.answer.pk}", "bob@example.com")


def test_an_asker_who_looks_at_their_own_answer_is_not_audited(visitors: Visitors, world: World) -> None:
    page = visitors.alice.get(f"/answers/{world.answer.pk}/why/").text
    assert "Somebody else asked this" not in page
    assert not AuditEvent.objects.filter(action="answer_looked_at").exists()


def test_nobody_without_the_role_or_the_rights_sees_why(visitors: Visitors, world: World) -> None:
    address = f"/answers/{world.answer.pk}/why/"
    assert visitors.bob.get(address).status_code == 404  # may read it all, and judges nothing
    assert visitors.ada.get(address).status_code == 404  # judges, and may not read it
    User.objects.filter(pk=world.bob.pk).update(roles=[Role.OPERATOR])
    assert visitors.bob.get(address).status_code == 404
    assert not AuditEvent.objects.filter(action="answer_looked_at").exists()


def test_an_answer_under_way_or_with_a_passage_that_is_gone_is_nobody_elses(bob: Client, world: World) -> None:
    address = f"/answers/{world.answer.pk}/why/"
    Answer.objects.filter(pk=world.answer.pk).update(outcome="", finished_at=None)
    assert bob.get(address).status_code == 404
    Answer.objects.filter(pk=world.answer.pk).update(outcome="answered", finished_at="2026-11-03T10:00:00Z")
    assert bob.get(address).status_code == 200
    world.answer.evidence.update(document=None)
    assert bob.get(address).status_code == 404
