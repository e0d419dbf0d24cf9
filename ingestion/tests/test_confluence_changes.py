"""What Confluence tells of changes, and what is found out though it does not tell."""

import pytest

from ingestion.connectors.base import CursorLost
from ingestion.connectors.wiki.looks import now
from ingestion.memory import Forgetful
from ingestion.tests.confluence_formats import Cloud, DataCenter, long_ago
from ingestion.tests.confluence_source import Confluence, listed, people, person


@pytest.fixture(params=[Cloud, DataCenter], ids=["cloud", "data_center"])
def confluence(request):
    made = Confluence(request.param)
    yield made
    made.server.stop()


def looked(confluence, **settings):
    connector = confluence.connector(**settings)
    cursor = connector.cursor()
    list(connector.items())
    return cursor


def test_a_restriction_is_noticed_though_nothing_was_edited(confluence):
    page = confluence.wiki.page("Plan", changed_at=long_ago())
    below = confluence.wiki.page("Below", parent=page.id, changed_at=long_ago())
    attached = confluence.wiki.attach(below, "plan.pdf", b"text", changed_at=long_ago())
    cursor = looked(confluence)
    page.users = [person(confluence, "ada")]
    late = confluence.connector(rights_minutes=60).changes(cursor)
    assert late.items == ()
    told = confluence.connector(rights_minutes=0).changes(late.cursor)
    assert {item.external_id: item.readers for item in told.items} == dict.fromkeys(
        (page.id, below.id, attached.id), people("ada")
    )
    assert confluence.connector(rights_minutes=0).changes(told.cursor).items == ()


def test_what_the_account_may_not_see_any_more_is_removed_with_what_is_attached(confluence):
    page = confluence.wiki.page("Plan", changed_at=long_ago())
    attached = confluence.wiki.attach(page, "plan.pdf", b"text", changed_at=long_ago())
    kept = confluence.wiki.page("Kept", changed_at=long_ago())
    cursor = looked(confluence)
    page.is_hidden = attached.is_hidden = True
    told = confluence.connector(rights_minutes=0).changes(cursor)
    assert (told.items, set(told.removed)) == ((), {page.id, attached.id})
    assert set(listed(confluence.connector())) == {kept.id}


def test_attachments_added_changed_and_deleted_are_told(confluence):
    page = confluence.wiki.page("Plan")
    old = confluence.wiki.attach(page, "old.pdf", b"old")
    gone = confluence.wiki.attach(page, "gone.pdf", b"gone")
    confluence.wiki.attach(page, "same.pdf", b"same")
    cursor = looked(confluence)
    gone.status = "trashed"
    new = confluence.wiki.attach(page, "new.pdf", b"new")
    confluence.wiki.edit(old, data=b"newer")
    told = confluence.connector().changes(cursor)
    assert {item.external_id for item in told.items} == {new.id, old.id}
    assert told.removed == (gone.id,)


def test_only_the_space_with_news_is_read_again(confluence):
    confluence.wiki.spaces["HR"] = "current"
    page = confluence.wiki.page("Build", changed_at=long_ago())
    confluence.wiki.page("Leave", space="HR", changed_at=long_ago())
    cursor = looked(confluence)
    confluence.wiki.edit(page, body="<p>new</p>")
    confluence.wiki.requests.clear()
    told = confluence.connector().changes(cursor)
    assert [item.external_id for item in told.items] == [page.id]
    assert not [path for path in confluence.wiki.requests if path.endswith("/91/pages")]
    confluence.wiki.requests.clear()
    assert confluence.connector().changes(told.cursor).items == ()
    assert not [path for path in confluence.wiki.requests if path.endswith("/pages") or path == "/rest/api/content"]


def test_a_look_that_was_cut_off_is_repeated_whole(confluence):
    page = confluence.wiki.page("Plan")
    cursor = looked(confluence)
    confluence.wiki.edit(page, body="<p>two</p>")
    first = confluence.connector().changes(cursor)
    again = confluence.connector().changes(cursor)
    assert [item.fingerprint for item in first.items] == [item.fingerprint for item in again.items] != []


def test_a_cursor_whose_look_is_forgotten_is_lost(confluence):
    cursor = looked(confluence)
    confluence.memory = Forgetful()
    for lost in (cursor, "", "nonsense", '{"slot": "a"}'):
        with pytest.raises(CursorLost):
            confluence.connector().changes(lost)


def test_a_listing_of_a_later_run_does_not_stand_in_for_the_one_that_the_cursor_follows(confluence):
    cursor = looked(confluence)
    confluence.memory.run_began_at = now()
    looked(confluence)
    with pytest.raises(CursorLost):
        confluence.connector().changes(cursor)
