"""What every connector keeps, whatever it connects to: inherit the contract and say how the source is changed.

`ConnectorContract` is for all; the other contracts are for what only some sources have: credentials,
readers of their own, changes since a cursor, and a listing that can be cut in the middle.
"""

import re
from collections.abc import Iterator

import pytest

from app.corpus.models import Document, Source
from ingestion.connectors.base import (
    Connector,
    ConnectorError,
    ConnectorKind,
    Fetched,
    Item,
    ItemVanished,
    Readers,
)
from ingestion.connectors.registry import register
from ingestion.foreground import run_source
from ingestion.looks import look_once
from ingestion.models import SyncRun
from ingestion.pipeline import ingest_document
from ingestion.runs import open_run
from ingestion.sources import create_source

ODD_NAMES = [
    "Grüße aus Köln.md",
    "日本語.txt",
    "naïve 😀.md",
    "with  two blanks.md",
    "100% [draft] (v2) 'final'.md",
    "semi;colon&amp.md",
    "no ending",
    "a" * 200 + ".md",
]


class Changing:
    """How a test changes the source. `put` and `rename` return the external id that the item then has."""

    odd_names = ODD_NAMES

    def put(self, name: str, data: bytes) -> str:
        raise NotImplementedError

    def take_away(self, name: str) -> None:
        raise NotImplementedError

    def rename(self, name: str, new_name: str) -> str:
        raise NotImplementedError

    def content(self, fetched: Fetched) -> bytes:
        """What was `put`, out of what was fetched; a source may wrap it in a page or a message."""
        return fetched.data

    def listed(self, connector: Connector) -> dict[str, str]:
        return {item.external_id: item.fingerprint for item in connector.items()}


class ConnectorContract(Changing):
    """A subclass has a fixture `connector` on a source that is empty at first.

    `two_found` is all that a test of the connection says of two small items, as a regular expression.
    """

    two_found = r"2 files \(0 kB\)"

    def test_an_empty_source_lists_nothing(self, connector):
        assert list(connector.items()) == []

    def test_every_item_is_listed_once_and_fetched_with_its_own_bytes(self, connector):
        put = {self.put(f"{number}.md", b"text %d" % number): b"text %d" % number for number in range(3)}
        items = list(connector.items())
        assert sorted(item.external_id for item in items) == sorted(put)
        for item in items:
            fetched = connector.fetch(item.external_id)
            assert self.content(fetched) == put[item.external_id]
            assert fetched.name
            assert item.modified_at is None or item.modified_at.tzinfo is not None
            assert len(item.fingerprint) <= 200

    def test_an_odd_name_is_listed_and_fetched(self, connector):
        for name in self.odd_names:
            external_id = self.put(name, b"text")
            assert list(self.listed(connector)) == [external_id]
            assert self.content(connector.fetch(external_id)) == b"text"
            self.take_away(name)

    def test_a_second_look_at_the_same_content_gives_the_same_fingerprint(self, connector):
        self.put("a.md", b"one")
        assert self.listed(connector) == self.listed(connector)

    def test_new_content_has_a_new_fingerprint(self, connector):
        external_id = self.put("a.md", b"one")
        before = self.listed(connector)
        self.put("a.md", b"two")
        assert self.listed(connector).keys() == before.keys()
        assert self.listed(connector) != before
        assert self.content(connector.fetch(external_id)) == b"two"

    def test_what_was_taken_away_is_neither_listed_nor_fetched(self, connector):
        gone = self.put("a.md", b"one")
        kept = self.put("b.md", b"two")
        self.take_away("a.md")
        assert list(self.listed(connector)) == [kept]
        with pytest.raises(ItemVanished):
            connector.fetch(gone)

    def test_a_renamed_item_can_be_told_to_be_the_same_document(self, connector):
        old = self.put("a.md", b"one")
        before = self.listed(connector)[old]
        new = self.rename("a.md", "b.md")
        (item,) = connector.items()
        assert item.external_id == new
        assert old == new or item.fingerprint == before or item.moved_from == old

    def test_what_vanishes_between_the_listing_and_the_fetch_is_said_to_have_vanished(self, connector):
        self.put("a.md", b"one")
        item = next(iter(connector.items()))
        self.take_away("a.md")
        with pytest.raises(ItemVanished):
            connector.fetch(item.external_id)

    def test_what_vanishes_during_the_listing_does_not_end_it(self, connector):
        kept = {self.put(name, name.encode()) for name in ("a.md", "b.md")}
        self.put("c.md", b"c")
        items = connector.items()
        seen = [next(items).external_id]
        self.take_away("c.md")
        seen += [item.external_id for item in items]
        assert kept <= set(seen)

    @pytest.mark.parametrize("external_id", ["", ".", "..", "../x.md", "a/../../x.md", "/etc/passwd"])
    def test_what_was_never_listed_cannot_be_fetched(self, connector, external_id):
        self.put("a.md", b"one")
        with pytest.raises(ItemVanished):
            connector.fetch(external_id)

    def test_a_test_of_the_connection_says_in_words_what_it_found(self, connector):
        self.put("a.md", b"one")
        self.put("b.md", b"two")
        assert re.fullmatch(self.two_found, connector.test())

    def test_a_look_that_was_cut_off_is_made_up_for_by_the_next(self, connector):
        """What was seen before has the fingerprint that it had, so that a run which goes on does not read it again."""
        put = {self.put(f"{number}.md", b"%d" % number) for number in range(4)}
        looking = iter(connector.items())
        seen = next(looking)
        connector.fetch(seen.external_id)
        del looking
        again = self.listed(connector)
        assert set(again) == put
        assert again[seen.external_id] == seen.fingerprint

    @pytest.mark.django_db
    def test_a_run_that_was_cut_off_goes_on_with_what_is_left(self, connector):
        """Half of the documents are read, the process is gone, and another one joins the run."""
        put = {self.put(f"{number}.md", b"Form %d is due." % number) for number in range(4)}
        noted = Noted(connector)
        source = source_of(noted)
        run = open_run(source)
        assert look_once(run.pk)
        for document in Document.objects.filter(source=source).order_by("pk")[:2]:
            ingest_document(document.pk)
        assert len(noted.fetched) == 2
        again, _ = run_source(source, lambda done, total: None)
        assert again == run
        assert again.state == SyncRun.State.SUCCEEDED
        documents = Document.objects.filter(source=source)
        assert set(documents.exclude(current_version=None).values_list("external_id", flat=True)) == put
        assert sorted(noted.fetched) == sorted(put)


class Noted:
    """A connector that notes what was fetched."""

    def __init__(self, connector: Connector) -> None:
        self.connector = connector
        self.fetched: list[str] = []

    def items(self) -> Iterator[Item]:
        return iter(self.connector.items())

    def fetch(self, external_id: str) -> Fetched:
        self.fetched.append(external_id)
        return self.connector.fetch(external_id)

    def test(self) -> str:
        return self.connector.test()


def source_of(connector: Connector) -> Source:
    """A source whose connector is this very one."""
    register(ConnectorKind(
        kind="noted", label="Noted", description="", settings=(), build=lambda _: connector, keeps_originals=False,
    ))  # fmt: skip
    return create_source(actor=None, name="Noted", kind="noted", everyone=True)


class CredentialsContract(Changing):
    """For sources that ask who is there."""

    def with_wrong_credentials(self) -> Connector:
        raise NotImplementedError

    def secret(self) -> str:
        """The wrong secret that `with_wrong_credentials` uses: no message may repeat it."""
        raise NotImplementedError

    def test_wrong_credentials_are_a_permanent_error_that_says_what_to_do(self):
        stranger = self.with_wrong_credentials()
        for act in (lambda: list(stranger.items()), lambda: stranger.fetch("a.md"), stranger.test):
            with pytest.raises(ConnectorError) as caught:
                act()
            assert caught.value.permanent
            assert self.secret() not in caught.value.message


class ReadersContract(Changing):
    """For sources whose items have readers of their own."""

    def restrict(self, name: str, readers: Readers | None) -> None:
        raise NotImplementedError

    def test_a_restriction_is_told_with_the_item_and_its_end_as_well(self, connector):
        self.put("a.md", b"one")
        assert [item.readers for item in connector.items()] == [None]
        wanted = Readers(emails=frozenset({"ada@example.com"}), groups=frozenset({"Finance"}))
        self.restrict("a.md", wanted)
        assert [item.readers for item in connector.items()] == [wanted]
        self.restrict("a.md", None)
        assert [item.readers for item in connector.items()] == [None]


class IncrementalContract(Changing):
    """For sources that can tell what changed since a cursor."""

    def test_only_what_changed_since_the_cursor_is_told(self, connector):
        kept = self.put("kept.md", b"kept")
        edited = self.put("edited.md", b"one")
        list(connector.items())
        cursor = connector.cursor()
        assert connector.changes(cursor).items == ()
        self.put("edited.md", b"two")
        added = self.put("added.md", b"new")
        changes = connector.changes(cursor)
        told = {item.external_id for item in changes.items}
        assert {edited, added} <= told
        assert kept not in told
        assert connector.changes(changes.cursor).items == ()


class UnreliableContract(Changing):
    """For sources behind a network: it may fail at any request."""

    def fail_after(self, requests: int) -> None:
        """After so many more requests the server answers with errors, until `recover`."""
        raise NotImplementedError

    def recover(self) -> None:
        raise NotImplementedError

    def test_a_listing_cut_in_the_middle_is_an_error_and_never_a_part(self, connector):
        put = {self.put(f"{number}.md", b"%d" % number) for number in range(5)}
        for requests in range(3):
            self.fail_after(requests)
            try:
                listed = {item.external_id for item in connector.items()}
            except ConnectorError as error:
                assert not error.permanent  # noqa: PT017 - a complete listing is as good as an error
            else:
                assert listed == put
            finally:
                self.recover()
        assert set(self.listed(connector)) == put

    def test_a_fetch_that_fails_is_to_be_tried_again(self, connector):
        external_id = self.put("a.md", b"one")
        assert list(self.listed(connector)) == [external_id]
        self.fail_after(0)
        with pytest.raises(ConnectorError) as caught:
            connector.fetch(external_id)
        assert not caught.value.permanent
        self.recover()
        assert self.content(connector.fetch(external_id)) == b"one"
