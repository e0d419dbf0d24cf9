"""A document restricted at its source is restricted here: on every way to it, and as soon as people change."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import Group
from django.db import connection, connections, transaction

from app.accounts.models import User
from app.api.authentication import Caller
from app.api.visible import readable_documents
from app.audit import events
from app.audit.models import AuditEvent
from app.corpus.access import READABLE_SETS_SQL, Reader, access_parameters, reader_for
from app.corpus.models import AccessSet, Chunk, Document, Source
from app.web.library import matching_documents, shelves
from ingestion.connectors.base import Readers
from ingestion.models import IngestionJob
from ingestion.pipeline import ingest_documents
from ingestion.principals import unknown_principals
from ingestion.readers import (
    access_set_for,
    change_readers,
    drop_unused_sets,
    map_principals_again,
    refresh_restrictions,
)
from ingestion.removal import delete_source
from ingestion.sources import change_source
from ingestion.tests.folders import document, folder_source, synced, write
from retrieval.search import search

pytestmark = pytest.mark.django_db
HOTELS = "# Hotels\n\nA hotel may cost 140 euros a night.\n"
SALARIES = "# Salaries\n\nA manager earns 90,000 euros a year.\n"
ADA = Readers(emails=frozenset({"ada@example.com"}))
FINANCE = Readers(groups=frozenset({"Finance"}))


@pytest.fixture
def ada():
    return User.objects.create_user("ada@example.com")


@pytest.fixture
def bob():
    return User.objects.create_user("bob@example.com")


@pytest.fixture
def source(tmp_path):
    write(tmp_path / "hotels.md", HOTELS)
    write(tmp_path / "salaries.md", SALARIES)
    source = folder_source(tmp_path)
    synced(source)
    return source


def restrict(source: Source, name: str, readers: Readers | None) -> int:
    return change_readers(source, {name: readers}).documents


def found_by(reader: Reader) -> set[str]:
    """What every way to documents shows to `reader`; they must not differ."""
    passages = search("euros a year or a night", reader)
    chunks = Chunk.objects.readable_by(reader)
    # Of documents that say the same, search shows one.
    assert {passage.text for passage in passages} == set(chunks.values_list("text", flat=True))
    by_search = set(chunks.values_list("document__external_id", flat=True))
    assert {passage.external_id for passage in passages} <= by_search
    in_library = set(matching_documents(reader, title="", source=None, stale=False))
    by_api = set(readable_documents(Caller(user=User(), reader=reader)).filter(current_version__isnull=False))
    assert by_api == in_library
    assert {each.external_id for each in in_library} == by_search
    assert sum(shelf.documents for shelf in shelves(reader)) == len(by_search)
    with connection.cursor() as cursor:
        cursor.execute(READABLE_SETS_SQL, access_parameters(reader))
        sets = {row[0] for row in cursor.fetchall()}
    assert set(Document.objects.searchable().filter(access_set__in=sets)) == in_library
    return by_search


def finds(user: User) -> set[str]:
    return found_by(reader_for(user))


def test_a_restricted_page_is_found_by_those_it_names_alone(source, ada, bob):
    assert finds(bob) == {"hotels.md", "salaries.md"}
    assert restrict(source, "salaries.md", ADA) == 1
    assert finds(ada) == {"hotels.md", "salaries.md"}
    assert finds(bob) == found_by(Reader()) == {"hotels.md"}


def test_a_restriction_opens_nothing_to_those_who_may_not_read_the_source(source, ada, bob):
    group = Group.objects.create(name="Staff")
    bob.groups.add(group)
    restrict(source, "salaries.md", ADA)
    change_source(source, actor=None, everyone=False, group_ids=[group.pk])
    assert finds(ada) == set()
    assert finds(bob) == {"hotels.md"}
    ada.groups.add(group)
    assert finds(ada) == {"hotels.md", "salaries.md"}


def test_a_lifted_restriction_is_lifted_here(source, bob):
    restrict(source, "salaries.md", ADA)
    assert finds(bob) == {"hotels.md"}
    restrict(source, "salaries.md", None)
    assert finds(bob) == {"hotels.md", "salaries.md"}
    assert document("salaries.md").access_set_id == source.access_set_id


def test_a_restriction_to_nobody_known_closes(source, ada):
    restrict(source, "salaries.md", Readers())
    restrict(source, "hotels.md", Readers(frozenset({"stranger@example.com"}), frozenset({"Strangers"})))
    assert finds(ada) == set()
    assert unknown_principals(source) == ["Strangers", "stranger@example.com"]


def test_leaving_a_group_ends_the_right_at_the_next_question(source, ada):
    group = Group.objects.create(name="finance")
    ada.groups.add(group)
    restrict(source, "salaries.md", FINANCE)
    assert "salaries.md" in finds(ada)
    ada.groups.clear()
    assert "salaries.md" not in finds(ada)


# Whom the source's words mean


def ids_of(source, **words):
    access_set = access_set_for(source, Readers(**{name: frozenset(values) for name, values in words.items()}))
    return access_set.user_ids, access_set.group_ids


def test_e_mails_mean_active_people_in_any_case(source, ada, bob):
    bob.is_active = False
    bob.save()
    assert ids_of(source, emails={"ADA@Example.com", " bob@example.com", "account 557058:x"}) == ([ada.pk], [])


def test_a_group_is_the_one_of_that_name_or_else_the_only_one_that_differs_in_case(source):
    exact, lower = Group.objects.create(name="Finance"), Group.objects.create(name="finance")
    assert ids_of(source, groups={"Finance"}) == ([], [exact.pk])
    assert ids_of(source, groups={"FINANCE"}) == ([], [])
    exact.delete()
    assert ids_of(source, groups={"FINANCES"}) == ([], [])
    map_principals_again()
    assert ids_of(source, groups={"FINANCE"}) == ([], [lower.pk])


def test_equal_restrictions_share_one_set_and_other_sources_have_their_own(source, tmp_path):
    other = folder_source(tmp_path, name="Other")
    first = access_set_for(source, Readers(frozenset({"A@x.com", "b@x.com"}), frozenset({"G"})))
    again = access_set_for(source, Readers(frozenset({"b@x.com", "a@x.com"}), frozenset({"G"})))
    assert first.pk == again.pk
    assert first.within == source.access_set
    assert first.principals == {"emails": ["a@x.com", "b@x.com"], "groups": ["G"]}
    assert access_set_for(other, Readers(frozenset({"a@x.com", "b@x.com"}), frozenset({"G"}))).pk != first.pk
    assert access_set_for(source, None) == source.access_set


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_set(tmp_path):
    source = folder_source(tmp_path)

    def make(_: int) -> int:
        try:
            with transaction.atomic():
                return access_set_for(source, ADA).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as workers:
        made = set(workers.map(make, range(8)))
    assert len(made) == AccessSet.objects.filter(within=source.access_set).count() == 1


# People and groups change


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


def test_who_comes_later_or_takes_the_name_gets_the_right_and_who_gives_it_up_loses_it(source, bob, committed):
    restrict(source, "salaries.md", ADA)
    with committed():
        ada = User.objects.create_user("ada@example.com")
    assert "salaries.md" in finds(ada)
    with committed():
        ada.email = "ada.lovelace@example.com"
        ada.save()
    assert "salaries.md" not in finds(ada)
    with committed():
        bob.email = "ada@example.com"
        bob.save()
    assert "salaries.md" in finds(bob)
    with committed():
        bob.is_active = False
        bob.save()
    assert "salaries.md" not in finds(bob)


def test_a_group_that_is_made_renamed_or_deleted_later(source, ada, committed):
    restrict(source, "salaries.md", FINANCE)
    with committed():
        group = Group.objects.create(name="finance")
    ada.groups.add(group)
    assert "salaries.md" in finds(ada)
    with committed():
        group.name = "Treasury"
        group.save()
    assert "salaries.md" not in finds(ada)
    with committed():
        group.name = "Finance"
        group.save()
        group.delete()
    assert AccessSet.objects.get(principals__isnull=False).group_ids == []


def test_what_no_signal_told_is_found_by_mapping_again(source, ada):
    restrict(source, "salaries.md", ADA)
    User.objects.filter(pk=ada.pk).update(email="other@example.com")
    assert map_principals_again() == 1
    assert "salaries.md" not in finds(ada)
    assert map_principals_again() == 0
    last = AuditEvent.objects.latest("id")
    assert (last.action, last.details) == (events.READERS_CHANGED, {"restrictions": 1, "documents": 1})


def test_beat_refreshes_restrictions_and_drops_what_is_unused(source, ada):
    restrict(source, "salaries.md", ADA)
    access_set_for(source, FINANCE)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    refresh_restrictions()
    assert AccessSet.objects.get(within=source.access_set).user_ids == []


def test_a_sign_in_maps_nothing_again(source, ada, committed):
    with committed() as callbacks:
        ada.save(update_fields=["last_login"])
    assert callbacks == []


# Documents change their readers


def test_documents_and_chunks_change_together_and_the_audit_trail_says_how_many(source):
    changed = change_readers(source, {"hotels.md": ADA, "salaries.md": ADA, "not there.md": ADA})
    assert (changed.documents, changed.to_read_again) == (2, [])
    (access_set,) = AccessSet.objects.filter(within=source.access_set)
    assert set(Document.objects.values_list("access_set", flat=True)) == {access_set.pk}
    assert set(Chunk.objects.values_list("access_set", flat=True)) == {access_set.pk}
    recorded = AuditEvent.objects.get(action=events.READERS_CHANGED)
    assert (recorded.target, recorded.details) == (f"source:{source.pk}", {"documents": 2})
    assert change_readers(source, {"hotels.md": ADA}).documents == 0
    assert AuditEvent.objects.filter(action=events.READERS_CHANGED).count() == 1


def test_restrictions_that_nobody_has_any_more_are_dropped(source):
    restrict(source, "salaries.md", ADA)
    restrict(source, "hotels.md", FINANCE)
    restrict(source, "salaries.md", None)
    assert drop_unused_sets(source) == 1
    assert AccessSet.objects.get(within=source.access_set).principals["groups"] == ["Finance"]


def test_a_removed_source_leaves_no_set_behind(source):
    restrict(source, "salaries.md", ADA)
    access_set_for(source, FINANCE)
    delete_source(source)
    assert not AccessSet.objects.exists()


# Documents with the same content


@pytest.fixture
def twins(tmp_path):
    """`a.md` holds the text of all three."""
    for name in ("a.md", "b.md", "c.md"):
        write(tmp_path / name, SALARIES)
    source = folder_source(tmp_path)
    synced(source)
    assert document("b.md").duplicate_of == document("c.md").duplicate_of == document("a.md")
    return source


def read_what_waits():
    ingest_documents(list(IngestionJob.objects.values_list("document_id", flat=True)))
    assert not IngestionJob.objects.exists()
    assert not Document.objects.filter(state=Document.State.PENDING).exists()


def test_the_text_stays_with_those_whose_readers_stay(twins, ada, bob):
    changed = change_readers(twins, {"a.md": ADA})
    assert changed.to_read_again == [document("a.md").pk]
    assert finds(bob) == {"b.md"}
    read_what_waits()
    assert finds(bob) == {"b.md"}
    assert finds(ada) == {"a.md", "b.md"}
    assert document("c.md").duplicate_of == document("b.md")


def test_a_duplicate_that_is_restricted_gets_a_text_of_its_own(twins, ada, bob):
    change_readers(twins, {"b.md": ADA})
    read_what_waits()
    assert finds(bob) == {"a.md"}
    assert finds(ada) == {"a.md", "b.md"}


def test_twins_that_change_together_stay_together(twins, ada, bob):
    changed = change_readers(twins, dict.fromkeys(("a.md", "b.md", "c.md"), ADA))
    assert (changed.documents, changed.to_read_again) == (3, [])
    assert finds(ada) == {"a.md"}
    assert finds(bob) == set()


def test_twins_that_change_apart_each_keep_a_text(twins, ada, bob):
    change_readers(twins, {"a.md": ADA, "b.md": ADA, "c.md": FINANCE})
    read_what_waits()
    assert finds(ada) == {"a.md"}
    assert finds(bob) == set()
    assert Chunk.objects.values("document").distinct().count() == 2
    assert Chunk.objects.values("access_set").distinct().count() == 2
