"""The index of a source in the browser: what it was made with, and what reading the source told."""

from app.corpus.models import DocumentVersion, IndexGeneration
from app.tests.world import World
from app.web.source_contents import contents_of
from app.web.tests.conftest import Visitors

HTMX = {"HX-Request": "true", "HX-Target": "generations"}


def generation(world: World, state: str) -> IndexGeneration:
    return IndexGeneration.objects.create(
        source=world.team_source, state=state, parser="parse-0", chunker="chunk-0", encoder="old-encoder",
        dimensions=384,
    )  # fmt: skip


def test_the_present_and_the_former_index_are_named(visitors: Visitors, world: World) -> None:
    generation(world, "kept")
    page = visitors.ada.get(f"/sources/{world.team_source.pk}/index/").text
    assert "answering" in page
    assert "old-encoder" in page
    assert "Go back…" in page


def test_an_index_being_built_shows_its_progress_until_it_is_done(visitors: Visitors, world: World) -> None:
    building = generation(world, "building")
    address = f"/sources/{world.team_source.pk}/index/"
    part = visitors.ada.get(address, headers=HTMX).text
    assert 'hx-trigger="every 3s"' in part
    assert "0 of 1 documents" in part
    visitors.ada.post(f"{address}cancel/")
    building.refresh_from_db()
    assert building.state == IndexGeneration.State.DISCARDED
    assert "hx-trigger" not in visitors.ada.get(address, headers=HTMX).text


def test_what_cannot_be_done_is_said_in_a_sentence(visitors: Visitors, world: World) -> None:
    address = f"/sources/{world.team_source.pk}/index/"
    assert "no former index" in visitors.ada.post(f"{address}back/", follow=True).text
    assert "not being re-indexed" in visitors.ada.post(f"{address}cancel/", follow=True).text


def test_reports_are_summed_over_the_current_versions(world: World) -> None:
    DocumentVersion.objects.filter(document=world.document).update(
        report={"pages": 3, "characters": 900, "language": "en", "warnings": ["A table was cut."]}
    )
    contents = contents_of(world.team_source)
    assert (contents.documents, contents.pages, contents.characters) == (1, 3, 900)
    assert contents.languages == [("en", 1)]
    assert contents.formats == [("text/markdown", 1)]
    assert contents.flagged == [("warnings", "Read with warnings", 1)]
