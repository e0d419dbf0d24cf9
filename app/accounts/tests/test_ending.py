"""What ends when access ends: sessions, keys, streams; and that a closed account stays closed."""

import asyncio
import time

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from django.urls import reverse

from app.accounts.ending import close_account, end_access, end_sessions, open_account
from app.accounts.keys import create_key, user_of_key
from app.accounts.models import LOCAL, User
from app.accounts.people import add_person
from app.answers.stopping import those_to_stop, unless_stopped
from app.audit import events
from app.audit.models import AuditEvent

PASSWORD = "a long enough password"


@pytest.fixture
def alice(db):
    return add_person("alice@example.com", PASSWORD, name="Alice", roles=[])


def signed_in_browser(user):
    browser = Client()
    response = browser.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert response.status_code == 302
    return browser


def is_in(browser):
    return browser.get(reverse("keys")).status_code == 200


def test_every_session_and_every_key_ends(alice):
    laptop, phone = signed_in_browser(alice), signed_in_browser(alice)
    key = create_key(alice, "test")[1]
    assert is_in(laptop)
    assert is_in(phone)
    end_access(alice, actor=None, why="test")
    assert not is_in(laptop)
    assert not is_in(phone)
    assert user_of_key(key) is None
    assert is_in(signed_in_browser(alice))


def test_it_is_audited_with_what_ended(alice):
    signed_in_browser(alice)
    create_key(alice, "test")
    end_access(alice, actor=None, why="left the company")
    event = AuditEvent.objects.get(action=events.ACCESS_ENDED)
    assert event.target == f"user:{alice.pk}"
    assert event.details == {"why": "left the company", "sessions": 1, "keys": 1}


def test_somebody_else_keeps_theirs(alice):
    bob = add_person("bob@example.com", PASSWORD, name="Bob", roles=[])
    browser, key = signed_in_browser(bob), create_key(bob, "test")[1]
    end_access(alice, actor=None, why="test")
    assert is_in(browser)
    assert user_of_key(key) == bob


def test_a_closed_account_is_out_and_opening_it_brings_no_key_back(alice):
    browser, key = signed_in_browser(alice), create_key(alice, "test")[1]
    close_account(alice, actor=None, why="test")
    assert not is_in(browser)
    assert Client().post(reverse("account_login"), {"login": alice.email, "password": PASSWORD}).status_code == 302
    assert events.SIGNED_IN in AuditEvent.objects.values_list("action", flat=True)
    assert AuditEvent.objects.filter(action=events.SIGNED_IN).count() == 1
    open_account(alice, actor=None, why="test")
    assert not is_in(browser)
    assert user_of_key(key) is None
    assert is_in(signed_in_browser(alice))
    assert AuditEvent.objects.filter(action__in=[events.ACCOUNT_CLOSED, events.ACCOUNT_OPENED]).count() == 2


def test_what_a_sign_in_under_way_left_does_not_open_with_the_account(alice):
    """The account is closed between the look at the password and the session, or while a key is being made."""
    close_account(alice, actor=None, why="test")
    User.objects.filter(pk=alice.pk).update(is_active=True)
    browser, key = signed_in_browser(alice), create_key(alice, "test")[1]
    User.objects.filter(pk=alice.pk).update(is_active=False)
    open_account(alice, actor=None, why="test")
    assert not is_in(browser)
    assert user_of_key(key) is None


def test_who_closed_an_account_is_known_while_it_is_closed(alice):
    for origins, said in ((["scim"], "scim"), ([LOCAL], LOCAL), (["scim", LOCAL], LOCAL), ([LOCAL, "scim"], LOCAL)):
        for origin in origins:
            close_account(alice, actor=None, why="test", origin=origin)
        assert User.objects.get(pk=alice.pk).closed_by == said
        open_account(alice, actor=None, why="test")
        assert User.objects.get(pk=alice.pk).closed_by == ""


def test_a_session_without_a_row_ends_with_the_account_too(alice):
    browser = Client()
    browser.force_login(alice)
    close_account(alice, actor=None, why="test")
    assert not is_in(browser)


def test_the_others_are_signed_out_and_this_one_stays(alice):
    laptop, phone = signed_in_browser(alice), signed_in_browser(alice)
    assert "Sign out the others" in laptop.get(reverse("usersessions_list")).text
    laptop.post(reverse("usersessions_list"))
    assert is_in(laptop)
    assert not is_in(phone)
    event = AuditEvent.objects.get(action=events.SESSIONS_ENDED)
    assert (event.actor, event.target, event.details["sessions"]) == (alice, f"user:{alice.pk}", 1)


def test_nobody_sees_or_ends_the_sessions_of_somebody_else(alice):
    bob = add_person("bob@example.com", PASSWORD, name="Bob", roles=[])
    browser, other = signed_in_browser(alice), signed_in_browser(bob)
    other.get(reverse("usersessions_list"), headers={"user-agent": "x"})
    other.post(reverse("usersessions_list"))
    assert is_in(browser)


def test_ending_sessions_leaves_the_one_that_is_named(alice):
    laptop, phone = signed_in_browser(alice), signed_in_browser(alice)
    assert end_sessions(alice, actor=alice, why="test", but=laptop.session.session_key) == 1
    assert is_in(laptop)
    assert not is_in(phone)


# -- streams -------------------------------------------------------------------------------------------
@pytest.fixture
def running(transactional_db):
    from app.answers.models import Answer, Conversation, Question

    user = User.objects.create_user("alice@example.com", PASSWORD, name="Alice")
    question = Question.objects.create(conversation=Conversation.objects.create(user=user, title="x"), text="x")
    Answer.objects.create(question=question)
    return user, question


@pytest.mark.parametrize("act", [close_account, end_access])
def test_running_answers_are_told_to_stop(running, act):
    user, question = running
    assert those_to_stop([question.pk]) == set()
    act(user, actor=None, why="test")
    assert those_to_stop([question.pk]) == {question.pk}


def test_an_answer_of_a_closed_account_stops_however_it_was_closed(running):
    user, question = running
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert those_to_stop([question.pk]) == {question.pk}


@pytest.mark.timed
async def test_a_step_that_would_take_a_minute_is_left_within_seconds(running):
    from app.answers.draft import Draft
    from app.answers.stopping import StoppedEarly
    from app.corpus.access import Reader

    user, question = running
    draft = Draft(
        question_id=question.pk, question="x", reader=Reader(user.pk), conversation_id=question.conversation_id
    )
    began = time.monotonic()
    waiting = asyncio.create_task(unless_stopped(asyncio.sleep(60), draft))
    await asyncio.sleep(0.1)
    await sync_to_async(close_account)(user, actor=None, why="test")
    with pytest.raises(StoppedEarly):
        await waiting
    assert time.monotonic() - began < 10


def test_the_end_of_a_stream_is_not_shown_to_a_closed_account(running):
    from app.answers.models import Answer
    from app.api.answers import reply_for
    from app.api.authentication import caller_of
    from app.api.problems import ProblemError

    user, question = running
    caller = caller_of(create_key(user, "test")[1], "127.0.0.1")
    answer = Answer.objects.get(question=question)
    reply_for(caller, answer.pk)
    close_account(user, actor=None, why="test")
    with pytest.raises(ProblemError) as refusal:
        reply_for(caller, answer.pk)
    assert refusal.value.status == 401
