"""The library shows, finds and counts only what its reader may read."""

from datetime import timedelta

from django.utils import timezone

from app.corpus.access import reader_for
from app.corpus.models import Document
from app.tests.world import World
from app.web.library import matching_documents, shelves
from app.web.tests.conftest import Visitors


def titles(page: str) -> set[str]:
    return {title for title in ("Team budget", "Employee handbook") if f">{title}<" in page}


def test_everybody_sees_their_own_shelves(visitors: Visitors, world: World) -> None:
    assert titles(visitors.bob.get("/library/").text) == {"Team budget", "Employee handbook"}
    assert titles(visitors.charlie.get("/library/").text) == {"Employee handbook"}


def test_sources_out_of_reach_are_neither_named_nor_counted(visitors: Visitors, world: World) -> None:
    page = visitors.charlie.get("/library/").text
    assert "Team files" not in page
    assert "1 document that you may read" in page


def test_a_role_opens_no_shelf(world: World) -> None:
    assert [shelf.source.name for shelf in shelves(reader_for(world.ada))] == ["Handbook"]


def test_the_source_of_somebody_elses_documents_filters_to_nothing(visitors: Visitors, world: World) -> None:
    page = visitors.charlie.get(f"/library/?source={world.team_source.pk}").text
    assert titles(page) == set()
    assert "Team files" not in page


def test_titles_and_file_names_are_searched(visitors: Visitors, world: World) -> None:
    alice = visitors.alice
    assert titles(alice.get("/library/?q=bUdGeT.md").text) == {"Team budget"}
    assert "Nothing matches" in alice.get("/library/?q=zeppelin").text


def test_out_of_date_means_past_review_or_not_checked_in_time(world: World) -> None:
    reader = reader_for(world.alice)
    Document.objects.filter(pk=world.handbook.pk).update(valid_until=timezone.localdate() - timedelta(days=1))
    assert [d.pk for d in matching_documents(reader, title="", source=None, stale=True)] == [world.handbook.pk]
    world.team_source.freshness_target = timedelta(seconds=1)
    world.team_source.created_at = timezone.now() - timedelta(days=1)
    world.team_source.save()
    stale = {document.pk for document in matching_documents(reader, title="", source=None, stale=True)}
    assert stale == {world.handbook.pk, world.document.pk}


def test_the_database_and_the_model_agree_on_what_is_stale(world: World) -> None:
    Document.objects.filter(pk=world.handbook.pk).update(valid_until=timezone.localdate() - timedelta(days=1))
    for document in matching_documents(reader_for(world.alice), title="", source=None, stale=True):
        assert document.is_stale()


def test_searching_in_texts_finds_passages_of_readable_documents_alone(visitors: Visitors, world: World) -> None:
    found = visitors.alice.get("/library/?q=hotel+night&in=text").text
    assert "140 euros a night" in found
    assert "140 euros a night" not in visitors.charlie.get("/library/?q=hotel+night&in=text").text


def test_a_part_is_served_for_a_refresh(visitors: Visitors, world: World) -> None:
    part = visitors.alice.get("/library/", headers={"HX-Request": "true", "HX-Target": "library-results"}).text
    assert part.lstrip().startswith('<section id="library-results"')
