"""A web site from its pages to what search finds, run after run."""

import pytest

from ingestion.errors import FailureReason
from ingestion.models import DocumentFailure, SyncRun
from ingestion.sources import create_source
from ingestion.tests.folders import document, found, synced
from ingestion.tests.web_site import running_site
from ingestion.web_pages import polite

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setattr(polite, "RETRY_WAITS_S", (0.0, 0.0))
    with running_site() as running:
        yield running


@pytest.fixture
def source(site):
    chosen = {"start_urls": [site.url()], "delay_s": 0, "allowed_internal_hosts": ["127.0.0.1"]}
    return create_source(actor=None, name="Site", kind="website", everyone=True, settings=chosen)


def page(site, path, title, said, *links):
    listed = "".join(f'<a href="{link}">{link}</a>' for link in links)
    markup = (
        f"<html><head><title>{title}</title></head><nav>{listed}</nav><main><h1>{title}</h1><p>{said}</p></main></html>"
    )
    return site.page(path, markup, ETag=f'"{abs(hash(markup))}"')


def test_pages_are_found_by_what_they_say_and_follow_the_site(site, source):
    start = page(site, "/", "Handbook", "Rules for everybody.", "hotels", "trains", "broken")
    hotels = page(site, "/hotels", "Hotels", "A hotel may cost 140 euros a night.")
    trains = page(site, "/trains", "Trains", "Trains are booked in second class.")
    site.answers["/broken"] = (500, {}, b"")
    run = synced(source)
    assert (run.state, run.added) == (SyncRun.State.SUCCEEDED, 4)
    assert found("hotel night")[0] == hotels
    assert (document(hotels).title, document(hotels).url) == ("Hotels", hotels)
    failure = DocumentFailure.objects.get()
    assert (failure.document.external_id, failure.reason) == (site.url("/broken"), FailureReason.UNREADABLE)

    version = document(trains).current_version_id
    page(site, "/", "Handbook", "Rules for everybody.", "hotels", "trains")
    page(site, "/hotels", "Hotels", "A hotel may cost 155 euros a night.")
    run = synced(source)
    assert (run.updated, run.removed, run.unchanged) == (1, 1, 2)
    assert document(trains).current_version_id == version
    assert start in found("rules for everybody")

    # Moved and edited at once, under a link that has not been corrected yet.
    page(site, "/", "Handbook", "Rules for everybody.", "hotels")
    site.redirect("/hotels", "/inns", 301)
    page(site, "/inns", "Inns", "An inn may cost 90 euros a night.")
    before = document(hotels).pk
    run = synced(source)
    assert (run.moved, run.removed) == (1, 1)
    assert document(site.url("/inns")).pk == before
    assert found("inn night")[0] == site.url("/inns")
    assert trains not in found("trains second class")


def test_a_site_that_is_down_removes_nothing(site, source):
    page(site, "/", "Handbook", "Rules for everybody.", "hotels")
    hotels = page(site, "/hotels", "Hotels", "A hotel may cost 140 euros a night.")
    synced(source)
    for answer in (
        (503, {"Retry-After": "900"}, b""),
        (404, {}, b""),
        (302, {"Location": "https://else.example.com/"}, b""),
    ):
        site.answers["/"] = answer
        with pytest.raises(Exception, match="start address|fewer requests"):
            synced(source)
        assert found("hotel night")[0] == hotels
