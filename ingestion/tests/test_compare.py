from hypothesis import given
from hypothesis import strategies as st

from ingestion.compare import compare
from ingestion.connectors.base import Item


def items(**fingerprints: str) -> list[Item]:
    return [Item(name.replace("_", "."), fingerprint) for name, fingerprint in fingerprints.items()]


def test_what_is_new_changed_same_and_gone_is_told_apart():
    known = {"same.md": "1", "changed.md": "1", "gone.md": "9"}
    plan = compare(known, items(same_md="1", changed_md="2", new_md="5"))
    assert [item.external_id for item in plan.added] == ["new.md"]
    assert [item.external_id for item in plan.updated] == ["changed.md"]
    assert [item.external_id for item in plan.unchanged] == ["same.md"]
    assert plan.removed == ["gone.md"]
    assert plan.moved == []


def test_a_file_that_turns_up_elsewhere_has_moved():
    plan = compare({"old.md": "7"}, items(new_md="7"))
    assert [(origin, item.external_id) for origin, item in plan.moved] == [("old.md", "new.md")]
    assert plan.added == []
    assert plan.removed == []


def test_two_possible_origins_are_no_move():
    plan = compare({"a.md": "7", "b.md": "7"}, items(new_md="7"))
    assert plan.moved == []
    assert len(plan.removed) == 2


def test_another_file_ending_is_no_move():
    assert compare({"old.txt": "7"}, items(new_md="7")).moved == []


def test_everything_looks_at_unchanged_items_again():
    plan = compare({"same.md": "1"}, items(same_md="1"), everything=True)
    assert [item.external_id for item in plan.updated] == ["same.md"]


names = st.sampled_from(["a.md", "b.md", "c.txt", "d.md", "e.txt"])


@given(st.dictionaries(names, st.sampled_from("123")), st.dictionaries(names, st.sampled_from("123")))
def test_every_item_and_every_known_document_ends_in_exactly_one_place(known, listed):
    plan = compare(known, [Item(name, fingerprint) for name, fingerprint in listed.items()])
    seen = [item.external_id for item in plan.added + plan.updated + plan.unchanged]
    seen += [item.external_id for _, item in plan.moved]
    assert sorted(seen) == sorted(listed)
    kept = {item.external_id for item in plan.updated + plan.unchanged} | {origin for origin, _ in plan.moved}
    assert kept | set(plan.removed) == set(known)
