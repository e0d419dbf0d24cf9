"""Who may read a Confluence page there may read it here, and nobody else."""

import pytest
from django.contrib.auth.models import Group

from app.accounts.models import User
from app.corpus.access import reader_for
from ingestion.connectors.base import ConnectorError, Readers
from ingestion.sources import create_source
from ingestion.tests.confluence_formats import EMAIL, TOKEN, Cloud, DataCenter
from ingestion.tests.confluence_source import INSIDE, NOBODY, Confluence, listed, people, person, readers_of
from ingestion.tests.folders import synced
from retrieval.search import search


@pytest.fixture(params=[Cloud, DataCenter], ids=["cloud", "data_center"])
def confluence(request):
    made = Confluence(request.param)
    yield made
    made.server.stop()


def test_a_page_below_a_restricted_page_is_restricted_and_so_is_what_is_attached(confluence):
    top = confluence.wiki.page("Top", users=[person(confluence, "ada")])
    middle = confluence.wiki.page("Middle", parent=top.id)
    low = confluence.wiki.page("Low", parent=middle.id)
    attached = confluence.wiki.attach(low, "low.pdf", b"text")
    beside = confluence.wiki.page("Beside")
    found = listed(confluence.connector())
    assert [found[each.id].readers for each in (top, middle, low, attached)] == [people("ada")] * 4
    assert found[beside.id].readers is None


def test_of_two_restrictions_only_those_named_by_both_may_read(confluence):
    ada, bob, eve = (person(confluence, name) for name in ("ada", "bob", "eve"))
    confluence.wiki.groups = {"Finance": [bob, eve], "Board": [eve]}
    top = confluence.wiki.page("Top", users=[ada], groups=["Finance"])
    low = confluence.wiki.page("Low", parent=top.id, users=[ada, bob], groups=["Board"])
    same = confluence.wiki.page("Same", parent=top.id, groups=["Finance"])
    assert readers_of(confluence, low) == people("ada", "bob", "eve")
    assert readers_of(confluence, same) == Readers(people("bob", "eve").emails, frozenset({"Finance"}))


def test_members_that_cannot_be_listed_open_nothing(confluence):
    ada = person(confluence, "ada")
    top = confluence.wiki.page("Top", groups=["Finance"])
    low = confluence.wiki.page("Low", parent=top.id, users=[ada])
    assert readers_of(confluence, low) == NOBODY


def test_a_page_below_one_that_the_account_cannot_read_is_closed_to_everybody(confluence):
    draft = confluence.wiki.page("Draft", is_hidden=True)
    low = confluence.wiki.page("Low", parent=draft.id)
    lower = confluence.wiki.page("Lower", parent=low.id, users=[person(confluence, "ada")])
    assert readers_of(confluence, low) == NOBODY
    assert readers_of(confluence, lower) == NOBODY
    assert "2 of them closed to everybody" in confluence.connector().test()


def test_pages_that_lie_below_each_other_are_closed(confluence):
    first = confluence.wiki.page("First")
    second = confluence.wiki.page("Second", parent=first.id)
    if confluence.is_cloud:  # Data Center tells all ancestors at once.
        first.parent = second.id
        assert readers_of(confluence, second) == NOBODY


def test_a_reader_whose_e_mail_is_hidden_is_kept_and_counted(confluence):
    name = confluence.wiki.person("shy@example.com", is_visible=False)
    page = confluence.wiki.page("Secret", users=[name, person(confluence, "ada")])
    (hidden,) = [email for email in readers_of(confluence, page).emails if email != "ada@example.com"]
    assert "@" not in hidden
    told = confluence.connector().test()
    assert "1 page in 1 space, 1 restricted (1 of their readers" in told


def test_all_names_of_a_long_restriction_are_read(confluence):
    names = [person(confluence, f"person{number}") for number in range(260)]
    page = confluence.wiki.page("Secret", users=names)
    assert readers_of(confluence, page) == people(*names)


def test_the_permissions_of_a_space_count_where_an_admin_wants_it(confluence):
    ada, bob = person(confluence, "ada"), person(confluence, "bob")
    confluence.wiki.groups = {"Staff": [bob]}
    confluence.wiki.viewers = {"ENG": ([ada], ["Staff"])}
    page = confluence.wiki.page("Plan")
    below = confluence.wiki.page("Secret", parent=page.id, users=[bob, person(confluence, "eve")])
    found = listed(confluence.connector(space_permissions=True))
    assert found[page.id].readers == Readers(people("ada").emails, frozenset({"Staff"}))
    assert found[below.id].readers == people("bob")
    assert readers_of(confluence, page) is None


def test_a_data_center_that_does_not_tell_the_permissions_of_spaces_is_said_to(confluence):
    if not confluence.is_cloud:
        with pytest.raises(ConnectorError, match=r"from version 9\.1"):
            list(confluence.connector(space_permissions=True).items())


@pytest.fixture
def cloud():
    made = Confluence(Cloud)
    yield made
    made.server.stop()


def test_a_cloud_folder_hands_its_restriction_down(cloud):
    folder = cloud.wiki.folder("Folder", users=[person(cloud, "ada")])
    inner = cloud.wiki.folder("Inner", parent=folder.id, parent_kind="folder")
    page = cloud.wiki.page("Page", parent=inner.id, parent_kind="folder")
    assert readers_of(cloud, page) == people("ada")


def test_below_something_unheard_of_a_cloud_page_is_closed(cloud):
    odd = cloud.wiki.folder("Odd")
    page = cloud.wiki.page("Page", parent=odd.id, parent_kind="hologram")
    assert readers_of(cloud, page) == NOBODY


def test_a_cloud_page_that_the_search_index_does_not_know_yet_is_asked_for_its_restriction(cloud):
    page = cloud.wiki.page("New", users=[person(cloud, "bob")], is_indexed=False)
    assert readers_of(cloud, page) == people("bob")


@pytest.mark.django_db
def test_a_restricted_page_is_found_here_by_those_alone_who_may_read_it_there(confluence):
    ada, bob = (User.objects.create_user(f"{name}@example.com") for name in ("ada", "bob"))
    bob.groups.add(Group.objects.create(name="staff"))
    confluence.wiki.groups = {"Staff": []}
    confluence.wiki.page("Hotels", "<p>A hotel may cost 140 euros a night.</p>", groups=["Staff"])
    top = confluence.wiki.page("Board", "<p>The board meets in May.</p>", users=[person(confluence, "ada")])
    below = confluence.wiki.page("Salaries", "<p>A manager earns 90,000 euros a year.</p>", parent=top.id)
    attached = confluence.wiki.attach(below, "pay.txt", b"A director earns 150,000 euros.", media_type="text/plain")
    source = confluence_source(confluence)

    assert synced(source).added == 4
    assert found_by(ada) == {top.id, below.id, attached.id}
    assert found_by(bob).isdisjoint({top.id, below.id, attached.id})
    assert len(found_by(bob)) == 1

    top.users = [person(confluence, "bob")]
    assert synced(source).updated == 0
    assert found_by(ada) == set()
    assert len(found_by(bob)) == 4

    confluence.wiki.edit(below, body="<p>A manager earns 95,000 euros a year.</p>")
    assert synced(source).updated == 1
    top.is_hidden = below.is_hidden = attached.is_hidden = True
    assert synced(source).removed == 3
    assert len(found_by(bob)) == 1


def confluence_source(confluence):
    settings = {
        "base_url": "https://example.atlassian.net", "edition": "cloud" if confluence.is_cloud else "data_center",
        "account": EMAIL if confluence.is_cloud else "", "allowed_internal_hosts": INSIDE, "rights_minutes": 0,
    }  # fmt: skip
    source = create_source(
        actor=None, name="Wiki", kind="confluence", everyone=True, settings=settings, secrets={"token": TOKEN}
    )
    source.settings["base_url"] = confluence.server.address
    source.save()
    return source


def found_by(user):
    return {passage.external_id for passage in search("euros earns board hotel May", reader_for(user), limit=50)}
