"""What every connector keeps, whatever it connects to: inherit the contract and say how the source is changed."""

import pytest

from ingestion.connectors.base import Connector, ItemVanished

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


class ConnectorContract:
    """A subclass has a fixture `connector`, and says how something is put there and taken away."""

    def put(self, name: str, data: bytes) -> None:
        raise NotImplementedError

    def take_away(self, name: str) -> None:
        raise NotImplementedError

    def rename(self, name: str, new_name: str) -> None:
        raise NotImplementedError

    def listed(self, connector: Connector) -> dict[str, str]:
        return {item.external_id: item.fingerprint for item in connector.items()}

    def test_an_empty_source_lists_nothing(self, connector):
        assert list(connector.items()) == []

    def test_every_item_is_listed_once_and_fetched_with_its_own_bytes(self, connector):
        for number in range(3):
            self.put(f"{number}.md", b"%d" % number)
        items = list(connector.items())
        assert sorted(item.external_id for item in items) == ["0.md", "1.md", "2.md"]
        for item in items:
            fetched = connector.fetch(item.external_id)
            assert (fetched.name, fetched.data) == (item.external_id, item.external_id[0].encode())
            assert item.modified_at is None or item.modified_at.tzinfo is not None

    @pytest.mark.parametrize("name", ODD_NAMES)
    def test_an_odd_name_comes_back_as_it_is(self, connector, name):
        self.put(name, b"text")
        assert list(self.listed(connector)) == [name]
        assert connector.fetch(name).data == b"text"

    def test_a_second_look_at_the_same_content_gives_the_same_fingerprint(self, connector):
        self.put("a.md", b"one")
        assert self.listed(connector) == self.listed(connector)

    def test_new_content_has_a_new_fingerprint(self, connector):
        self.put("a.md", b"one")
        before = self.listed(connector)
        self.put("a.md", b"two")
        assert self.listed(connector).keys() == before.keys()
        assert self.listed(connector) != before
        assert connector.fetch("a.md").data == b"two"

    def test_what_was_taken_away_is_neither_listed_nor_fetched(self, connector):
        self.put("a.md", b"one")
        self.put("b.md", b"two")
        self.take_away("a.md")
        assert list(self.listed(connector)) == ["b.md"]
        with pytest.raises(ItemVanished):
            connector.fetch("a.md")

    def test_a_renamed_item_keeps_its_fingerprint(self, connector):
        self.put("a.md", b"one")
        before = self.listed(connector)["a.md"]
        self.rename("a.md", "b.md")
        assert self.listed(connector) == {"b.md": before}

    def test_what_vanishes_between_the_listing_and_the_fetch_is_said_to_have_vanished(self, connector):
        self.put("a.md", b"one")
        item = next(iter(connector.items()))
        self.take_away("a.md")
        with pytest.raises(ItemVanished):
            connector.fetch(item.external_id)

    def test_what_vanishes_during_the_listing_does_not_end_it(self, connector):
        for name in ("a.md", "b.md", "c.md"):
            self.put(name, name.encode())
        items = connector.items()
        seen = [next(items).external_id]
        self.take_away("c.md")
        seen += [item.external_id for item in items]
        assert {"a.md", "b.md"} <= set(seen)

    @pytest.mark.parametrize("external_id", ["", ".", "..", "../x.md", "a/../../x.md", "/etc/passwd"])
    def test_what_was_never_listed_cannot_be_fetched(self, connector, external_id):
        self.put("a.md", b"one")
        with pytest.raises(ItemVanished):
            connector.fetch(external_id)
