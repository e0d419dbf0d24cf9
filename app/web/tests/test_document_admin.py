"""A document as an admin looks after it: all of how it is doing, and of what it says only what they may read."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from app.accounts.models import Role, User
from app.audit.models import AuditEvent
from app.corpus.models import AccessSet, Chunk, Document, DocumentVersion
from app.tests.world import BUDGET, World, stored_document
from app.web.finding import Finding
from app.web.tests.conftest import Visitors

NEW_BUDGET = [*BUDGET[:1], ("paragraph", "The team may spend 520,000 euros in 2027."), *BUDGET[2:]]
TEXT = "480,000 euros"


@pytest.fixture
def address(world: World) -> str:
    return f"/sources/{world.team_source.pk}/documents/{world.document.pk}/"


@pytest.fixture
def reading_admin(world: World) -> World:
    """Alice runs sources too now, and may read the team's."""
    User.objects.filter(pk=world.alice.pk).update(roles=[Role.ADMIN])
    world.alice.refresh_from_db()
    return world


def report(world: World, **values: object) -> None:
    DocumentVersion.objects.filter(document=world.document).update(report=values)


def test_a_role_opens_no_text(visitors: Visitors, world: World, address: str) -> None:
    report(world, pages=3, warnings=["The table on “480,000 euros” was cut."])
    page = visitors.ada.get(address).text
    assert "a role opens no document" in page
    assert "Pages" in page
    assert TEXT not in page
    assert TEXT not in visitors.ada.get(f"{address}find/?question=budget").text
    version = world.document.current_version_id
    assert visitors.ada.get(f"{address}compare/?old={version}&new={version}").status_code == 404


def test_a_restriction_of_its_own_closes_it_to_an_admin_of_the_group(
    visitors: Visitors, reading_admin: World, address: str
) -> None:
    assert TEXT in visitors.alice.get(address).text
    own = AccessSet.objects.create(within=reading_admin.team_source.access_set, user_ids=[reading_admin.bob.pk])
    Document.objects.filter(pk=reading_admin.document.pk).update(access_set=own)
    Chunk.objects.filter(document=reading_admin.document).update(access_set=own)
    page = visitors.alice.get(address).text
    assert TEXT not in page
    assert "1 person by name" in page


def test_passages_are_shown_as_they_are_found(visitors: Visitors, reading_admin: World, address: str) -> None:
    page = visitors.alice.get(address).text
    for chunk in Chunk.objects.filter(document=reading_admin.document):
        assert f'id="passage-{chunk.ordinal}"' in page
    assert "Hotels cost at most 140 euros a night." in page


def test_who_reads_a_text_here_has_opened_it_and_who_sees_none_has_not(
    visitors: Visitors, reading_admin: World, address: str
) -> None:
    version = reading_admin.document.current_version_id
    for visitor in (visitors.ada, visitors.alice):
        visitor.get(address)
        visitor.get(f"{address}compare/?old={version}&new={version}")
    opened = AuditEvent.objects.filter(action="document_opened", target=f"document:{reading_admin.document.pk}")
    assert [(each.actor_label, each.details["by"]) for each in opened.order_by("pk")] == [
        ("alice@example.com", "source"), ("alice@example.com", "comparison")
    ]  # fmt: skip


def test_versions_are_compared_word_by_word(visitors: Visitors, reading_admin: World, address: str) -> None:
    stored_document(reading_admin.team_source, "budget.md", NEW_BUDGET)
    old, new = DocumentVersion.objects.filter(document=reading_admin.document).order_by("pk")
    assert "Show what differs" in visitors.alice.get(address).text
    page = visitors.alice.get(f"{address}compare/?old={old.pk}&new={new.pk}").text
    assert "<del>480</del>" in page
    assert "<ins>520</ins>" in page
    assert visitors.alice.get(f"{address}compare/?old={old.pk}&new=999999").status_code == 404


def test_a_version_of_another_document_is_not_compared(visitors: Visitors, reading_admin: World, address: str) -> None:
    own, other = reading_admin.document.current_version_id, reading_admin.handbook.current_version_id
    assert visitors.alice.get(f"{address}compare/?old={own}&new={other}").status_code == 404


def test_what_reading_it_told_is_shown_known_or_not(visitors: Visitors, reading_admin: World, address: str) -> None:
    report(reading_admin, pages=3, language="en", warnings=["One table was cut."], something_new={"depth": 4})
    page = visitors.alice.get(address).text
    for words in ("Pages", "One table was cut.", "Something new: depth"):
        assert words in page


def test_review_date_and_owner_are_changed_and_audited(visitors: Visitors, world: World, address: str) -> None:
    visitors.ada.post(f"{address}details/", {"valid_until": "2031-04-30", "owner": "Mara"})
    world.document.refresh_from_db()
    assert (world.document.valid_until, world.document.owner) == (date(2031, 4, 30), "Mara")
    assert AuditEvent.objects.latest("pk").action == "document_changed"
    assert 'value="2031-04-30"' in visitors.ada.get(address).text


def test_a_date_that_is_none_is_refused_with_a_sentence(visitors: Visitors, world: World, address: str) -> None:
    page = visitors.ada.post(f"{address}details/", {"valid_until": "soon", "owner": ""}).text
    assert "Enter a valid date." in page


def test_twins_point_at_each_other(visitors: Visitors, world: World, address: str) -> None:
    twin = Document.objects.create(
        source=world.team_source, external_id="copy.md", access_set=world.team_source.access_set, state="duplicate",
        duplicate_of=world.document,
    )  # fmt: skip
    assert "copy.md" in visitors.ada.get(address).text
    page = visitors.ada.get(f"/sources/{world.team_source.pk}/documents/{twin.pk}/").text
    assert "Its content is the same as that of" in page


def test_a_question_finds_the_document_at_a_rank(visitors: Visitors, reading_admin: World, address: str) -> None:
    reply = visitors.alice.get(
        f"{address}find/?question=How+much+may+a+hotel+cost+a+night", headers={"HX-Request": "true"}
    )
    assert "<strong>Rank " in reply.text
    assert "Hotels cost at most" in reply.text


def test_what_is_not_among_the_first_is_called_not_found() -> None:
    finding = Finding("?", own=[], before=[], looked_at=50)
    assert (finding.best_rank, finding.is_seen) == (None, False)


def test_the_promises_of_time_are_told(visitors: Visitors, world: World, address: str) -> None:
    Document.objects.filter(pk=world.document.pk).update(
        modified_at=timezone.now() - timedelta(days=430), valid_until=timezone.localdate() - timedelta(days=1)
    )
    page = visitors.ada.get(address).text
    assert "14 months ago" in page
    assert "past its review date" in page


def test_purging_asks_for_the_name_and_says_what_was_erased(visitors: Visitors, world: World, address: str) -> None:
    assert "type “budget.md” exactly" in visitors.ada.post(f"{address}purge/", {"name": "budget"}).text
    page = visitors.ada.post(f"{address}purge/", {"name": "budget.md"}, follow=True).text
    assert "Erased 1 document" in page
    assert not Document.objects.filter(pk=world.document.pk).exists()
