"""Confluence answers late, wrongly or not at all: an error that says what to do, never an empty list."""

import pytest

from ingestion.connectors.base import ConnectorError, ItemVanished
from ingestion.network_guard import AddressRefused
from ingestion.tests.confluence_formats import TOKEN, Cloud, DataCenter
from ingestion.tests.confluence_source import Confluence, listed
from ingestion.tests.confluence_wiki import Failure


@pytest.fixture(params=[Cloud, DataCenter], ids=["cloud", "data_center"])
def confluence(request):
    made = Confluence(request.param)
    yield made
    made.server.stop()


def test_a_server_that_asks_to_wait_is_obeyed(confluence):
    page = confluence.wiki.page("Plan")
    confluence.wiki.interrupt("/user/current", Failure(429, {"Retry-After": "7"}), Failure(503, {"Retry-After": "3"}))
    assert set(listed(confluence.connector())) == {page.id}
    assert confluence.slept == [7, 3]


def test_a_long_wait_is_told_instead_of_waited(confluence):
    confluence.wiki.interrupt("/user/current", Failure(429, {"Retry-After": "900"}))
    with pytest.raises(ConnectorError) as caught:
        list(confluence.connector().items())
    assert (caught.value.retry_after_s, caught.value.permanent, confluence.slept) == (900, False, [])


def test_waits_add_up_to_a_minute_at_most(confluence):
    confluence.wiki.interrupt("/user/current", *[Failure(429, {"Retry-After": "25"})] * 9)
    with pytest.raises(ConnectorError):
        list(confluence.connector().items())
    assert confluence.slept == [25, 25]


def test_a_passing_failure_in_the_middle_of_a_list_costs_nothing(confluence):
    pages = {confluence.wiki.page(f"Page {number}").id for number in range(7)}
    confluence.wiki.interrupt("pages" if confluence.is_cloud else "/rest/api/content", Failure(502), Failure(500))
    assert set(listed(confluence.connector())) == pages


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"results": 3}', b'{"type": "known", "results": [{"id": 1}]}', b"<html>sign in</html>"]
)
def test_an_answer_of_another_form_is_an_error_and_no_empty_list(confluence, body):
    confluence.wiki.page("Plan")
    path = "/api/v2/spaces" if confluence.is_cloud else "/rest/api/space"
    confluence.wiki.interrupt(path, *[Failure(200, body=body)] * 3)
    with pytest.raises(ConnectorError, match="documented format") as caught:
        list(confluence.connector().items())
    assert not caught.value.permanent


def test_an_account_that_the_server_takes_for_anybody_reads_nothing(confluence):
    confluence.wiki.page("Plan")
    confluence.wiki.interrupt("/user/current", Failure(200, body=b'{"type": "anonymous"}'))
    with pytest.raises(ConnectorError, match="does not know the account") as caught:
        list(confluence.connector().items())
    assert caught.value.permanent


def test_forbidden_and_moved_addresses_say_what_to_do(confluence):
    confluence.wiki.interrupt("/user/current", Failure(403))
    with pytest.raises(ConnectorError, match="right to view") as caught:
        confluence.connector().test()
    assert caught.value.permanent
    confluence.wiki.interrupt("/user/current", Failure(302, {"Location": "https://sso.example.com/login"}))
    with pytest.raises(ConnectorError, match=r"redirects to sso\.example\.com"):
        confluence.connector().test()


def test_another_address_or_edition_is_no_empty_wiki(confluence):
    with pytest.raises(ConnectorError, match="404"):
        list(confluence.connector(base_url=confluence.server.address + "/elsewhere").items())


def test_an_address_inside_is_refused_unless_it_is_allowed(confluence):
    with pytest.raises(AddressRefused):
        confluence.connector(allowed_internal_hosts=[]).test()


def test_a_next_link_to_another_host_is_not_followed(confluence):
    confluence.wiki.page("Plan")
    path = "/api/v2/spaces" if confluence.is_cloud else "/rest/api/space"
    elsewhere = b'{"results": [{"id": "9", "key": "A"}], "_links": {"next": "http://10.0.0.1/evil"}}'
    confluence.wiki.interrupt(path, *[Failure(200, body=elsewhere)] * 9)
    with pytest.raises(ConnectorError):
        list(confluence.connector().items())


def test_no_message_holds_the_token(confluence):
    for failure in (Failure(401, body=TOKEN.encode()), Failure(500, body=TOKEN.encode())):
        confluence.wiki.interrupt("/user/current", *[failure] * 3)
        with pytest.raises(ConnectorError) as caught:
            confluence.connector().test()
        assert TOKEN not in caught.value.message
        assert TOKEN not in repr(caught.value)


def test_a_trashed_attachment_has_vanished(confluence):
    attached = confluence.wiki.attach(confluence.wiki.page("Plan"), "plan.pdf", b"text")
    attached.status = "trashed"
    with pytest.raises(ItemVanished):
        confluence.connector().fetch(attached.id)
