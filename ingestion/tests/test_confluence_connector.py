"""Confluence over real HTTP, against a server that replays its documented formats."""

import html
import re
from datetime import timedelta

import pytest

from ingestion.connectors.base import ConnectorError, Readers
from ingestion.connectors.confluence import KIND
from ingestion.errors import FailureReason, IngestionError
from ingestion.tests.confluence_formats import Cloud, DataCenter
from ingestion.tests.confluence_source import Confluence, listed
from ingestion.tests.confluence_wiki import Wiki
from ingestion.tests.connectors import (
    ConnectorContract,
    CredentialsContract,
    IncrementalContract,
    ReadersContract,
    UnreliableContract,
)


@pytest.fixture(params=[Cloud, DataCenter], ids=["cloud", "data_center"])
def confluence(request):
    made = Confluence(request.param)
    yield made
    made.server.stop()


class Contract(ConnectorContract, CredentialsContract, ReadersContract, IncrementalContract, UnreliableContract):
    two_found = r"2 pages in 1 space"
    edition: type[Cloud]

    @pytest.fixture(autouse=True)
    def served(self):
        self.confluence = Confluence(self.edition)
        yield
        self.confluence.server.stop()

    @pytest.fixture
    def connector(self):
        return self.confluence.connector()

    @property
    def wiki(self) -> Wiki:
        return self.confluence.wiki

    def put(self, name, data):
        body = f"<p>{html.escape(data.decode())}</p>"
        for page in self.wiki.those("page"):
            if page.title == name:
                self.wiki.edit(page, body=body)
                return page.id
        return self.wiki.page(name, body).id

    def take_away(self, name):
        self.named(name).status = "trashed"

    def rename(self, name, new_name):
        page = self.named(name)
        self.wiki.edit(page, title=new_name)
        return page.id

    def named(self, name):
        return next(page for page in self.wiki.those("page") if page.title == name)

    def content(self, fetched):
        return html.unescape(re.search(r"<div><p>(.*)</p></div>", fetched.data.decode())[1]).encode()

    def with_wrong_credentials(self):
        return self.confluence.connector(token=self.secret())

    def secret(self):
        return "a-token-of-yesterday"

    def restrict(self, name, readers):
        readers = readers or Readers()
        page = self.named(name)
        page.users = [self.wiki.person(email) for email in readers.emails]
        page.groups = list(readers.groups)

    def fail_after(self, requests):
        self.wiki.fail_after(requests)

    def recover(self):
        self.wiki.fail_after(None)


class TestCloudKeepsTheContract(Contract):
    edition = Cloud


class TestDataCenterKeepsTheContract(Contract):
    edition = DataCenter


def test_pages_come_with_title_address_owner_and_time(confluence):
    page = confluence.wiki.page("Grüße – 日本語 & <b>")
    (item,) = confluence.connector().items()
    assert item.title == "Grüße – 日本語 & <b>"
    assert item.url.startswith(f"{confluence.server.address}/")
    assert item.owner == "Grace Hopper"
    assert abs(item.modified_at - page.changed_at) < timedelta(seconds=1)
    assert "<title>Grüße – 日本語 &amp; &lt;b&gt;</title>" in confluence.connector().fetch(page.id).data.decode()


def test_a_long_list_is_read_to_its_end(confluence):
    pages = {confluence.wiki.page(f"Page {number}").id for number in range(23)}
    assert set(listed(confluence.connector())) == pages


def test_a_page_that_goes_while_counting_through_makes_no_other_page_look_removed(confluence):
    pages = [confluence.wiki.page(f"Page {number}") for number in range(12)]
    list_path = "/api/v2/spaces/90/pages" if confluence.is_cloud else "/rest/api/content"
    asked = []

    def take_one_away(path):
        asked.append(path)
        if asked.count(list_path) == 4 and path == list_path:
            pages[0].status = "trashed"

    confluence.wiki.during = take_one_away
    assert {page.id for page in pages[1:]} <= set(listed(confluence.connector()))


def test_only_the_spaces_asked_for_are_read_and_keys_may_be_in_any_case(confluence):
    confluence.wiki.spaces |= {"HR": "current", "OLD": "archived"}
    wanted = confluence.wiki.page("Leave", space="HR")
    confluence.wiki.page("Build", space="ENG")
    confluence.wiki.page("Past", space="OLD")
    assert set(listed(confluence.connector(spaces=["hr", " HR "]))) == {wanted.id}
    assert len(listed(confluence.connector())) == 2
    assert len(listed(confluence.connector(archived=True))) == 3


def test_a_space_that_the_account_may_not_see_is_said_and_nothing_is_listed(confluence):
    with pytest.raises(ConnectorError, match="no space LEGAL") as caught:
        list(confluence.connector(spaces=["ENG", "LEGAL"]).items())
    assert caught.value.permanent


def test_a_moved_page_stays_the_same_document(confluence):
    confluence.wiki.spaces["HR"] = "current"
    page = confluence.wiki.page("Leave")
    before = listed(confluence.connector())[page.id]
    page.space = "HR"
    after = listed(confluence.connector())[page.id]
    assert (after.fingerprint, after.external_id) == (before.fingerprint, before.external_id)
    assert after.url != before.url


# Attachments


def test_attachments_are_items_of_their_own_below_their_page(confluence):
    page = confluence.wiki.page("Budget")
    names = [f"Übersicht {number}.pdf" for number in range(5)]
    attached = {confluence.wiki.attach(page, name, name.encode()).id: name for name in names}
    confluence.wiki.attach(page, "photo.png", b"png", media_type="image/png")
    found = listed(confluence.connector())
    assert set(found) == {page.id, *attached}
    for external_id, name in attached.items():
        assert (found[external_id].title, found[external_id].parent) == (name, page.id)
        fetched = confluence.connector().fetch(external_id)
        assert (fetched.name, fetched.data) == (name, name.encode())
    assert set(listed(confluence.connector(spaces=["ENG"]))) == {page.id, *attached}
    assert set(listed(confluence.connector(attachments=False))) == {page.id}


def test_an_attachment_changes_on_its_own(confluence):
    page = confluence.wiki.page("Budget")
    attached = confluence.wiki.attach(page, "budget.pdf", b"one")
    before = listed(confluence.connector())
    confluence.wiki.edit(attached, data=b"two")
    after = listed(confluence.connector())
    assert after[page.id].fingerprint == before[page.id].fingerprint
    assert after[attached.id].fingerprint != before[attached.id].fingerprint


def test_the_file_store_behind_a_redirect_never_sees_the_token(confluence):
    attached = confluence.wiki.attach(confluence.wiki.page("Budget"), "budget.pdf", b"text")
    assert confluence.connector().fetch(attached.id).data == b"text"
    assert all("Authorization" not in headers for headers in confluence.wiki.media_headers)
    assert confluence.wiki.media_headers


def test_an_attachment_that_is_too_large_is_one_failure(confluence):
    attached = confluence.wiki.attach(confluence.wiki.page("Budget"), "budget.pdf", b"x" * 2000)
    with pytest.raises(IngestionError) as caught:
        confluence.connector(max_bytes=1000).fetch(attached.id)
    assert caught.value.reason == FailureReason.TOO_LARGE


# The form


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"base_url": "wiki.example.com"}, "address that a browser shows"),
        ({"base_url": "https://ada:secret@wiki.example.com"}, "address that a browser shows"),
        ({"base_url": "http://example.atlassian.net"}, "https alone"),
        ({"account": ""}, "e-mail of the account"),
    ],
)
def test_settings_that_cannot_be_right_are_refused_with_a_sentence(settings, sentence):
    usual = {"base_url": "https://example.atlassian.net", "edition": "cloud", "account": "ada@example.com"}
    KIND.check(usual)
    with pytest.raises(ValueError, match=sentence):
        KIND.check(usual | settings)


def test_a_large_wiki_is_counted_without_its_restrictions(confluence, monkeypatch):
    monkeypatch.setattr("ingestion.connectors.confluence.TEST_LIMIT", 3)
    for number in range(4):
        confluence.wiki.page(f"Page {number}")
    confluence.wiki.requests.clear()
    assert confluence.connector().test().startswith("4 pages in 1 space")
    assert len(confluence.wiki.requests) == 3
