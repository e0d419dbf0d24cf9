"""Answers made at once: all slots or none, given back, and free again when their process died."""

import threading

import pytest

from app.usage import slots, valkey
from app.usage.admission import TooMany, take_slot
from app.usage.limit_words import limit_of
from app.usage.spender import Spender

ALICE, BOB = Spender(1), Spender(2)
TWO = [limit_of("2/at-once/user")]


def takes(member, spender=ALICE, limits=TWO, for_s=60.0):
    take_slot(member, spender, limits, for_s=for_s)


def test_no_more_than_the_limit_run_at_once(clock):
    takes("1")
    takes("2")
    with pytest.raises(TooMany) as refusal:
        takes("3")
    assert (
        str(refusal.value) == "2 answers to questions of yours are being made. Ask again when one of them is finished."
    )
    assert refusal.value.retry_after_s == 5
    takes("4", BOB)


def test_a_slot_that_is_given_back_is_free(clock):
    takes("1")
    takes("2")
    slots.give_back("1")
    takes("3")
    slots.give_back("3")
    slots.give_back("3")
    takes("4")
    with pytest.raises(TooMany):
        takes("5")


def test_a_slot_of_a_process_that_died_ends_by_itself(clock):
    takes("1", for_s=30)
    takes("2", for_s=30)
    slots.hold("2", for_s=300)
    clock.later(31)
    takes("3")
    with pytest.raises(TooMany):
        takes("4")
    clock.later(270)
    takes("5")


def test_holding_what_ended_does_not_bring_it_back(clock):
    takes("1", for_s=30)
    clock.later(31)
    takes("2")
    takes("3")
    slots.hold("1", for_s=300)
    slots.give_back("2")
    takes("4")
    with pytest.raises(TooMany):
        takes("5")


def test_a_refusal_takes_no_slot_of_the_other_sets(clock):
    limits = [limit_of("1/at-once/user"), limit_of("9/at-once")]
    takes("1", limits=limits)
    for number in range(20):
        with pytest.raises(TooMany):
            takes(f"refused-{number}", limits=limits)
    assert valkey.client().zcard(slots.key_of("everyone")) == 1


def test_many_at_the_same_moment_never_take_one_too_many():
    taken, barrier = [], threading.Barrier(16)

    def ask(number):
        barrier.wait()
        try:
            takes(f"member-{number}", limits=[limit_of("5/at-once")])
            taken.append(number)
        except TooMany:
            pass

    threads = [threading.Thread(target=ask, args=[number]) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 5


def test_valkey_being_down_lets_everybody_through(valkey_gone):
    for number in range(5):
        takes(str(number))
    slots.give_back("1")
    slots.hold("2", for_s=3)
