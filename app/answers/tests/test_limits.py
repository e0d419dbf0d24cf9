"""So many questions in a time and so many answers at once; a refused question leaves nothing behind."""

import asyncio
from contextlib import aclosing

import pytest
from django.contrib.auth.models import Group

from app.accounts.models import User
from app.answers import pipeline
from app.answers.asking import QuestionError, ask
from app.answers.events import Done
from app.answers.limits import TooMany, left_to_ask
from app.answers.models import Answer, Conversation, Outcome, Question
from app.answers.running import listen
from app.corpus.access import reader_for
from app.telemetry.threads import in_thread
from app.usage import valkey

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def empty_windows():
    valkey.forget()
    valkey.storage().reset()


@pytest.fixture
def alice():
    return User.objects.create_user("alice@example.com")


def finished(question, user):
    async def to_the_end():
        reader = await in_thread(reader_for, user)
        return [event async for event in listen(question.pk, reader)]

    return asyncio.run(to_the_end())


def test_a_refused_question_leaves_no_row_and_takes_no_slot(settings, alice):
    settings.ATTEST_LIMITS = ["2/m/user", "3/at-once/user"]
    ask(alice, "one?")
    ask(alice, "two?")
    for _ in range(5):
        with pytest.raises(TooMany) as refusal:
            ask(alice, "three?")
    assert str(refusal.value).startswith("You have asked 2 questions in a minute. Ask again in ")
    assert Question.objects.count() == Answer.objects.count() == Conversation.objects.count() == 2
    settings.ATTEST_LIMITS = ["3/at-once/user"]
    ask(alice, "three?")
    with pytest.raises(TooMany):
        ask(alice, "four?")


def test_what_is_no_question_counts_as_none(settings, alice):
    settings.ATTEST_LIMITS = ["1/m/user"]
    for _ in range(3):
        with pytest.raises(QuestionError):
            ask(alice, "  ")
    ask(alice, "one?")


def test_a_finished_answer_gives_its_slot_back(settings, alice):
    settings.ATTEST_LIMITS = ["1/at-once/user"]
    for _ in range(3):
        assert isinstance(finished(ask(alice, "one?"), alice)[-1], Done)


def test_a_failed_answer_gives_its_slot_back(settings, alice, monkeypatch):
    def broken(draft):
        raise ZeroDivisionError

    settings.ATTEST_LIMITS = ["1/at-once/user"]
    monkeypatch.setattr(pipeline, "BEFORE_WRITING", (("guard", broken),))
    for _ in range(3):
        question = ask(alice, "one?")
        with pytest.raises(TooMany):
            ask(alice, "two?")
        finished(question, alice)
        assert Answer.objects.get(question=question).outcome == Outcome.FAILED


def test_whoever_hangs_up_keeps_the_slot_until_the_answer_is_made(settings, alice, monkeypatch):
    settings.ATTEST_LIMITS = ["1/at-once/user"]
    go_on = asyncio.Event()

    async def waiting(draft):
        await go_on.wait()

    monkeypatch.setattr(pipeline, "BEFORE_WRITING", (("guard", waiting),))

    async def hang_up():
        question = await in_thread(ask, alice, "one?")
        reader = await in_thread(reader_for, alice)
        async with aclosing(listen(question.pk, reader)) as events:
            await anext(events)
        with pytest.raises(TooMany):
            await in_thread(ask, alice, "two?")
        go_on.set()
        for _ in range(200):
            if await in_thread(Answer.objects.filter(question=question).exclude(outcome="").exists):
                break
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)
        await in_thread(ask, alice, "two?")

    asyncio.run(hang_up())


def test_a_group_has_so_many_answers_at_once(settings, alice):
    finance = Group.objects.create(name="Finance")
    bob = User.objects.create_user("bob@example.com")
    for user in (alice, bob):
        user.groups.add(finance)
    settings.ATTEST_LIMITS = ["2/at-once/group:finance"]
    ask(alice, "one?")
    ask(bob, "two?")
    with pytest.raises(TooMany) as refusal:
        ask(alice, "three?")
    assert "2 answers to questions of your group Finance are being made." in str(refusal.value)


def test_the_command_line_is_not_limited(settings, alice):
    settings.ATTEST_LIMITS = ["1/d/user", "1/at-once/user"]
    for _ in range(3):
        ask(alice, "one?", is_limited=False)


def test_what_is_left_can_be_looked_up(settings, alice):
    settings.ATTEST_LIMITS = ["5/m/user", "100/h", "2/at-once/user"]
    ask(alice, "one?")
    assert [(window.limit.text, window.left) for window in left_to_ask(alice)] == [("5/m/user", 4), ("100/h", 99)]


def test_without_limits_valkey_is_not_needed(settings, alice):
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:9"}}
    valkey.forget()
    before = valkey.LIMITS_UNCHECKED._value.get()
    finished(ask(alice, "one?"), alice)
    assert valkey.LIMITS_UNCHECKED._value.get() == before


def test_with_valkey_down_questions_are_answered(settings, alice):
    settings.ATTEST_LIMITS = ["1/m/user", "1/at-once/user"]
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:9"}}
    valkey.forget()
    for _ in range(3):
        assert isinstance(finished(ask(alice, "one?"), alice)[-1], Done)
