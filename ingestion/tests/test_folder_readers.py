"""A folder may be for some groups alone: it narrows, holds at once and after every run; the deepest counts."""

import pytest
from django.contrib.auth.models import Group
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.accounts.models import User
from app.audit import events
from app.audit.models import AuditEvent
from app.corpus.access import reader_for
from app.corpus.models import Chunk, Document
from app.corpus.rights import forget_group
from ingestion.connectors.base import Readers
from ingestion.folder_readers import NOBODY, readers_in, set_folder_readers
from ingestion.sources import change_source
from ingestion.tests.folders import folder_source, synced, write
from retrieval.search import search

SALARIES = "# Salaries\n\nA manager earns 90,000 euros a year.\n"
HOTELS = "# Hotels\n\nA hotel may cost 140 euros a night.\n"
parts = st.lists(st.sampled_from("abc"), min_size=1, max_size=4)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(document=parts, rules=st.dictionaries(st.builds("/".join, parts), st.frozensets(st.integers(1, 3)), max_size=6))
def test_the_deepest_folder_that_holds_a_document_counts(document, rules):
    name = "/".join([*document, "file.md"])
    holding = [path for path in rules if name.startswith(f"{path}/")]
    found = readers_in(rules, name)
    if not holding:
        assert found is None
    else:
        groups = rules[max(holding, key=len)]
        assert found == (Readers(group_ids=groups) if groups else NOBODY)


def test_a_name_that_only_begins_alike_is_not_in_the_folder():
    rules = {"board": frozenset({1})}
    assert readers_in(rules, "boardroom/plan.md") is None
    assert readers_in(rules, "board") is None
    assert readers_in(rules, "board/plan.md") == Readers(group_ids=frozenset({1}))


@pytest.fixture
def groups(db):
    return [Group.objects.create(name=name) for name in ("Finance", "Staff")]


@pytest.fixture
def source(groups, tmp_path):
    write(tmp_path / "hotels.md", HOTELS)
    write(tmp_path / "board" / "salaries.md", SALARIES)
    source = folder_source(tmp_path)
    change_source(source, actor=None, everyone=False, group_ids=[group.pk for group in groups])
    synced(source)
    return source


def person(*groups):
    user = User.objects.create_user(f"{len(User.objects.all())}@example.com")
    user.groups.set(groups)
    return user


def names_for(user):
    return set(Document.objects.readable_by(reader_for(user)).values_list("external_id", flat=True))


def test_a_folder_is_for_its_groups_from_the_next_query_on(source, groups):
    finance, staff = groups
    insider, employee = person(finance), person(staff)
    assert names_for(employee) == {"hotels.md", "board/salaries.md"}
    assert set_folder_readers(source, {"board": {finance.pk}}, actor=None) == 1
    assert names_for(insider) == {"hotels.md", "board/salaries.md"}
    assert names_for(employee) == {"hotels.md"}
    assert (
        not Chunk.objects.readable_by(reader_for(employee)).filter(document__external_id="board/salaries.md").exists()
    )
    assert not any("90,000" in passage.text for passage in search("what does a manager earn", reader_for(employee)))
    assert set_folder_readers(source, {}, actor=None) == 1
    assert names_for(employee) == {"hotels.md", "board/salaries.md"}


def test_runs_keep_the_rule_for_what_is_there_new_and_moved(source, groups, tmp_path):
    finance, staff = groups
    employee = person(staff)
    set_folder_readers(source, {"board": {finance.pk}}, actor=None)
    synced(source)
    write(tmp_path / "board" / "new.md", "# New\n\nA bonus of 7,000 euros.\n")
    (tmp_path / "hotels.md").rename(tmp_path / "board" / "hotels.md")
    write(tmp_path / "open.md", "# Open\n\nThe canteen opens at noon.\n")
    synced(source)
    assert names_for(employee) == {"open.md"}


def test_a_folder_never_opens_what_the_source_does_not(source, groups):
    outsiders = Group.objects.create(name="Outsiders")
    set_folder_readers(source, {"board": {outsiders.pk}}, actor=None)
    assert names_for(person(outsiders)) == set()
    assert "board/salaries.md" not in names_for(person(*groups))
    assert "board/salaries.md" in names_for(person(outsiders, groups[0]))


def test_a_folder_without_a_group_is_for_nobody_and_so_is_one_whose_group_goes(source, groups):
    finance, _ = groups
    insider = person(*groups)
    set_folder_readers(source, {"board": ()}, actor=None)
    assert names_for(insider) == {"hotels.md"}
    set_folder_readers(source, {"board": {finance.pk}}, actor=None)
    assert "board/salaries.md" in names_for(insider)
    forget_group(finance.pk)
    finance.delete()
    synced(source)
    assert names_for(insider) == {"hotels.md"}


def test_the_change_is_audited_once(source, groups):
    set_folder_readers(source, {"board": {groups[0].pk}}, actor=None)
    set_folder_readers(source, {"board": {groups[0].pk}}, actor=None)
    assert AuditEvent.objects.filter(action=events.FOLDER_READERS_CHANGED).count() == 1
