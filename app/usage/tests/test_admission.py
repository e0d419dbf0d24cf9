"""Requests in a window that slides: exact at its border, for a person, a group and everybody, in all processes."""

import subprocess
import sys
import time

import pytest
from django.contrib.auth.models import Group

from app.usage import valkey
from app.usage.admission import TooMany, admit, look
from app.usage.limit_words import limit_of
from app.usage.rate_headers import headers_of, refusal_headers
from app.usage.spender import Spender

ALICE, BOB = Spender(1), Spender(2)
PER_MINUTE = [limit_of("3/m/user")]


def asks(spender=ALICE, limits=PER_MINUTE, act="question"):
    return admit(spender, limits, act)


def refused(spender=ALICE, limits=PER_MINUTE, act="question"):
    with pytest.raises(TooMany) as refusal:
        admit(spender, limits, act)
    return refusal.value


def test_the_window_slides_and_is_exact_at_its_border(clock):
    for _ in range(3):
        asks()
        clock.later(10)
    # 30 s after the first. Up to and with its 60th second it counts; a moment later it does not.
    assert refused().retry_after_s == 31
    clock.later(30)
    assert refused().retry_after_s == 1
    clock.later(0.001)
    asks()
    assert refused().retry_after_s == 10
    clock.later(10)
    asks()


def test_no_more_than_the_limit_fit_into_any_window(clock):
    """What fixed windows get wrong: twice the limit around the full minute."""
    let_through = []
    for _ in range(400):
        try:
            asks()
            let_through.append(clock.now)
        except TooMany:
            pass
        clock.later(0.7)
    assert len(let_through) >= 12
    assert all(third - first > 60 for first, third in zip(let_through, let_through[3:], strict=False))


def test_whoever_comes_back_when_told_gets_through(clock):
    for _ in range(3):
        asks()
        clock.later(0.25)
    clock.later(refused().retry_after_s)
    asks()


def test_a_refused_question_uses_up_nothing(clock):
    limits = [limit_of("5/m/user"), limit_of("2/m")]
    asks(limits=limits)
    asks(limits=limits)
    for _ in range(10):
        refused(limits=limits)
    assert [window.left for window in look(ALICE, limits, "question")] == [3, 0]


def test_each_person_has_their_own(clock):
    for _ in range(3):
        asks(ALICE)
    refused(ALICE)
    asks(BOB)


def test_everybody_together(clock):
    limits = [limit_of("2/h")]
    asks(ALICE, limits)
    asks(BOB, limits)
    assert str(refused(Spender(), limits)) == (
        "Everybody together has asked 2 questions in an hour. Ask again in 61 minutes."
    )


@pytest.mark.django_db
def test_a_group_shares_its_limit_and_others_do_not_feel_it(clock):
    finance, sales = Group.objects.create(name="Finance"), Group.objects.create(name="Sales")
    limits = [limit_of("2/h/group:finance")]
    first, second = Spender(1, frozenset([finance.pk])), Spender(2, frozenset([finance.pk, sales.pk]))
    asks(first, limits)
    asks(second, limits)
    assert str(refused(first, limits)).startswith("Your group Finance has asked 2 questions in an hour.")
    asks(Spender(3, frozenset([sales.pk])), limits)
    asks(Spender(4), limits)


@pytest.mark.django_db
def test_each_group_can_have_the_same_limit(clock):
    groups = [Group.objects.create(name=name) for name in ("Finance", "Sales")]
    limits = [limit_of("1/h/group")]
    for number, group in enumerate(groups):
        asks(Spender(number, frozenset([group.pk])), limits)
    both = Spender(9, frozenset(group.pk for group in groups))
    assert "Your group Finance" in str(refused(both, limits))


def test_searches_are_counted_apart_from_questions(clock):
    for _ in range(3):
        asks()
    asks(act="search")
    for _ in range(2):
        asks(act="search")
    assert str(refused(act="search")) == "You have searched 3 times in a minute. Search again in 2 minutes."


def test_the_sentence_says_how_many_and_how_long(clock):
    for _ in range(3):
        asks()
    clock.later(26)
    assert str(refused()) == "You have asked 3 questions in a minute. Ask again in 35 seconds."
    assert str(refused_once(clock)) == "You have asked 1 question in an hour. Ask again in 61 minutes."


def refused_once(clock):
    limits = [limit_of("1/h/user")]
    asks(BOB, limits)
    return refused(BOB, limits)


def test_programs_are_told_in_headers(clock):
    limits = [limit_of("3/m/user"), limit_of("100/h")]
    windows = asks(limits=limits)
    assert headers_of(windows) == {
        "RateLimit-Policy": '"user";q=3;w=60, "everyone";q=100;w=3600',
        "RateLimit": '"user";r=2;t=61, "everyone";r=99;t=3601',
        "X-RateLimit-Limit": "3", "X-RateLimit-Remaining": "2", "X-RateLimit-Reset": "61",
    }  # fmt: skip
    asks(limits=limits)
    asks(limits=limits)
    clock.later(20)
    headers = refusal_headers(refused(limits=limits))
    assert headers["Retry-After"] == headers["X-RateLimit-Reset"] == "41"
    assert headers["X-RateLimit-Remaining"] == "0"
    assert headers["RateLimit"] == '"user";r=0;t=41, "everyone";r=97;t=3581'


def test_a_header_never_holds_the_name_of_a_group(clock):
    windows = asks(limits=[limit_of("3/m/user"), limit_of("9/h/user")])
    assert headers_of(windows)["RateLimit-Policy"] == '"user";q=3;w=60, "user-2";q=9;w=3600'


def test_without_limits_nothing_is_counted_and_nothing_told():
    assert admit(ALICE, [], "question") == ()
    assert headers_of(()) == {}


RACE = """
import os, sys
import django
django.setup()
from app.usage.admission import TooMany, admit
from app.usage.limit_words import limit_of
from app.usage.spender import Spender
through = 0
for _ in range(60):
    try:
        admit(Spender(77), [limit_of("40/d/user"), limit_of("41/d")], "question")
        through += 1
    except TooMany:
        pass
print(through)
"""


def test_two_processes_count_together():
    running = [subprocess.Popen([sys.executable, "-c", RACE], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    through = [int(process.communicate(timeout=90)[0]) for process in running]
    assert sum(through) == 40


@pytest.mark.timed
def test_valkey_being_down_lets_everybody_through_at_once_and_says_so(valkey_gone):
    before, began = valkey.LIMITS_UNCHECKED._value.get(), time.monotonic()
    for _ in range(20):
        assert asks() == ()
    assert look(ALICE, PER_MINUTE, "question") == ()
    assert time.monotonic() - began < 1
    assert valkey.LIMITS_UNCHECKED._value.get() == before + 21


def test_the_limits_hold_again_once_valkey_is_back(valkey_gone):
    asks()
    valkey_gone.comes_back()
    for _ in range(3):
        asks()
    refused()
