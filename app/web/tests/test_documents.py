"""The document page: the cited words, the version, the original, and nothing for whoever may not read it."""

import pytest

from app.corpus.models import Document, DocumentVersion
from app.tests.world import BUDGET, World, stored_document
from app.web.tests.conftest import Visitors


def test_the_cited_words_are_marked(visitors: Visitors, world: World) -> None:
    assert world.document.current_version is not None
    text = world.document.current_version.text
    start = text.index("480,000")
    page = visitors.bob.get(f"/documents/{world.document.pk}/?start={start}&end={start + 13}").text
    assert '<mark id="cited">480,000 euros</mark>' in page


def test_an_older_version_says_that_a_newer_one_exists(visitors: Visitors, world: World) -> None:
    old = world.document.current_version_id
    stored_document(world.team_source, "budget.md", [*BUDGET, ("paragraph", "Since May: 500,000 euros.")])
    page = visitors.alice.get(f"/documents/{world.document.pk}/?version={old}").text
    assert "A newer version exists" in page
    assert "500,000" not in page


def test_an_older_version_is_shown_to_nobody_whom_no_answer_showed_it(visitors: Visitors, world: World) -> None:
    old = world.document.current_version_id
    stored_document(world.team_source, "budget.md", [("paragraph", "Since May: 500,000 euros.")])
    page = visitors.bob.get(f"/documents/{world.document.pk}/?version={old}").text
    assert "480,000" not in page
    assert "500,000" in page


def test_a_version_that_is_gone_gives_the_current_one_and_says_so(visitors: Visitors, world: World) -> None:
    page = visitors.alice.get(f"/documents/{world.document.pk}/?version=999999&start=0&end=9").text
    assert "no longer kept" in page
    assert "<mark" not in page


def test_a_version_of_another_document_is_not_shown(visitors: Visitors, world: World) -> None:
    secret = world.document.current_version_id
    page = visitors.charlie.get(f"/documents/{world.handbook.pk}/?version={secret}").text
    assert "480,000" not in page
    assert "no longer kept" in page


@pytest.mark.parametrize("query", ["start=a&end=b", "start=9&end=3", "start=0&end=99999999999999999999", "version=x"])
def test_a_senseless_query_shows_the_document_unmarked(visitors: Visitors, world: World, query: str) -> None:
    reply = visitors.alice.get(f"/documents/{world.document.pk}/?{query}")
    assert reply.status_code == 200
    assert "<mark" not in reply.text


def test_the_original_is_downloaded_and_can_do_nothing_here(visitors: Visitors, world: World) -> None:
    reply = visitors.alice.get(f"/documents/{world.document.pk}/original")
    assert b"480,000 euros" in reply.getvalue()
    assert reply.headers["Content-Disposition"] == 'attachment; filename="budget.md"'
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in reply.headers["Content-Security-Policy"]


def test_a_missing_original_does_not_exist(visitors: Visitors, world: World) -> None:
    DocumentVersion.objects.filter(document=world.document).update(original="")
    assert visitors.alice.get(f"/documents/{world.document.pk}/original").status_code == 404


def test_closing_a_source_closes_its_documents_at_once(visitors: Visitors, world: World) -> None:
    alice, access = visitors.alice, world.team_source.access_set
    access.group_ids = []
    access.save()
    assert alice.get(f"/documents/{world.document.pk}/").status_code == 404


def test_what_is_not_there_and_what_is_hidden_look_the_same(visitors: Visitors, world: World) -> None:
    charlie = visitors.charlie
    hidden = charlie.get(f"/documents/{world.document.pk}/").content
    missing = charlie.get(f"/documents/{Document.objects.order_by('-pk')[0].pk + 1}/").content
    assert hidden == missing
