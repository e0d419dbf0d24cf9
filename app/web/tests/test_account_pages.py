"""Signing in and out, keys, and what the development mode alone shows."""

import pytest
from django.test import Client

from app.accounts.keys import user_of_key
from app.accounts.models import ApiKey, User
from app.tests.world import PASSWORD, World
from app.web.tests.conftest import Visitors


def test_a_person_signs_in_and_out(client: Client, world: World) -> None:
    reply = client.post("/accounts/login/", {"login": "alice@example.com", "password": PASSWORD})
    assert reply.headers["Location"] == "/"
    assert client.get("/library/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/library/").status_code == 302


def test_a_wrong_password_is_told_without_saying_which_part_was_wrong(client: Client, world: World) -> None:
    known = client.post("/accounts/login/", {"login": "alice@example.com", "password": "wrong"}).text
    unknown = client.post("/accounts/login/", {"login": "nobody@example.com", "password": "wrong"}).text
    assert 'role="alert"' in known
    assert known.count("note-bad") == unknown.count("note-bad") == 1


def test_a_password_is_changed(visitors: Visitors, world: World) -> None:
    fields = {"oldpassword": PASSWORD, "password1": "quite another word", "password2": "quite another word"}
    visitors.alice.post("/accounts/password/change/", fields)
    assert User.objects.get(pk=world.alice.pk).check_password("quite another word")


def test_a_key_is_shown_once_and_works_until_revoked(visitors: Visitors, world: World) -> None:
    alice = visitors.alice
    page = alice.post("/account/keys/", {"name": "intranet", "scopes": "ask", "days": 5}).text
    secret = page.split('id="secret">')[1].split("<")[0]
    assert user_of_key(secret) == world.alice
    assert secret not in alice.get("/account/keys/").text
    alice.post(f"/account/keys/{ApiKey.objects.get(name='intranet').pk}/revoke/")
    assert user_of_key(secret) is None


def test_sample_accounts_are_listed_in_development_alone(client: Client, db: None, settings) -> None:
    User.objects.create_user("oskar.brzezina@fennmark.example")
    settings.DEBUG = True
    assert "oskar.brzezina@fennmark.example" in client.get("/accounts/login/").text
    assert "amira.holt@fennmark.example" not in client.get("/accounts/login/").text
    settings.DEBUG = False
    assert "oskar.brzezina@fennmark.example" not in client.get("/accounts/login/").text


@pytest.mark.parametrize("debug", [True, False])
def test_an_address_that_is_not_there_has_the_products_look(client: Client, db: None, settings, debug: bool) -> None:
    settings.DEBUG = debug
    reply = client.get("/no/such/page/")
    assert reply.status_code == 404
    assert "There is nothing here" in reply.text


def test_who_pressed_a_button_after_their_session_ended_is_told_what_to_do(client: Client, world: World) -> None:
    pressed = client.post("/sources/1/sync/")
    assert pressed.headers["Location"] == "/accounts/login/?next=/sources/1/sync/"
    person = {"login": "alice@example.com", "password": PASSWORD}
    back = client.post("/accounts/login/?next=/sources/1/sync/", person).headers["Location"]
    client.force_login(User.objects.create_superuser("root@example.com", PASSWORD))
    reply = client.get(back)
    assert (reply.status_code, reply.headers["Allow"]) == (405, "POST")
    assert "nothing was done" in reply.text
    assert "nothing was done" not in client.delete(back).content.decode()
