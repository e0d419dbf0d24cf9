import asyncio

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import InterfaceError, OperationalError
from django.test import RequestFactory
from redis.exceptions import ConnectionError as ValkeyError

from app.accounts import second_factor_door
from app.accounts.models import User
from app.answers.database_away import TOLD
from app.answers.events import Step
from app.web.event_stream import as_server_sent_events
from app.web.service_away import ServiceAwayMiddleware


def told(error, path="/"):
    return ServiceAwayMiddleware(lambda request: None).process_exception(RequestFactory().get(path), error)


@pytest.mark.parametrize("error", [OperationalError("host 10.0.0.1"), InterfaceError("host 10.0.0.1")])
def test_without_a_database_a_page_is_a_sentence_and_no_error(error):
    page = told(error)
    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert "The database cannot be reached at the moment" in page.content.decode()
    assert "10.0.0.1" not in page.content.decode()


def test_without_valkey_the_page_says_what_goes_on():
    page = told(ValkeyError("host 10.0.0.1"), "/accounts/login/")
    assert page.status_code == 503
    assert "Whoever is signed in can go on asking" in page.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("at", ["session", "second factor"])
def test_nor_is_it_an_error_where_who_asks_cannot_even_be_looked_up(client, monkeypatch, settings, at):
    settings.ATTEST_SECOND_FACTOR, settings.DEBUG = "required", False
    person = User.objects.create_user("bob@example.com")
    client.force_login(person)
    client.raise_request_exception = False

    def away(*_):
        raise OperationalError("host 10.0.0.1")

    place = (SessionStore, "load") if at == "session" else (second_factor_door, "must_set_one_up")
    monkeypatch.setattr(*place, away)
    page, api = client.get("/"), client.get("/api/v1/sources")
    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert "The database cannot be reached at the moment" in page.content.decode()
    if at == "session":
        assert (api.status_code, api["Content-Type"]) == (503, "application/problem+json")
        assert "10.0.0.1" not in api.content.decode()


def test_other_errors_and_the_api_are_left_to_others():
    assert told(ValueError()) is None
    assert told(OperationalError(), "/api/v1/answers") is None


def test_a_page_whose_answer_waited_in_vain_is_told_so_and_its_stream_ends_in_order():
    async def events():
        yield Step("verify")
        raise OperationalError("host 10.0.0.1")

    async def sent():
        response = await as_server_sent_events(events())
        return "".join([part.decode() async for part in response.streaming_content])

    written = asyncio.run(sent())
    assert "event: step" in written
    assert f'event: away\ndata: {{"message": "{TOLD}"}}' in written
    assert "10.0.0.1" not in written
