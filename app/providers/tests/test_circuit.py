"""The breaker's rules, as values: when it opens, for how long, who may try, and what closes it."""

import pytest

from app.providers.circuit import LATELY_S, TRIAL_S, Call, Circuit, Entry, Rules, State, read, written

RULES = Rules(failures_in_a_row=3, enough_calls=6, pause_s=10, longest_pause_s=60)
NOW = 1000.0


def after(*failures, start=NOW, step=1.0, circuit=None):
    """The circuit after calls that end one second apart: "" is a success."""
    circuit = circuit or Circuit()
    for place, failure in enumerate(failures):
        call = Call(start + place * step, 5.0, failure)
        if failure:
            circuit = circuit.failed(call, Entry.NORMAL, RULES, reason=f"m: {failure}")
        else:
            circuit = circuit.succeeded(call, Entry.NORMAL)
    return circuit


def test_it_begins_closed():
    assert Circuit().state(NOW) is State.CLOSED
    assert Circuit().entered(NOW) == (Circuit(), Entry.NORMAL)


def test_failures_in_a_row_open_it_and_a_success_between_breaks_the_row():
    assert after("Timeout", "Timeout").state(NOW) is State.CLOSED
    assert after("Timeout", "Timeout", "", "Timeout").state(NOW) is State.CLOSED
    opened = after("Timeout", "Unavailable", "Timeout")
    assert opened.state(NOW + 3) is State.OPEN
    assert (opened.reason, opened.opened_at, opened.open_until) == ("m: Timeout", NOW + 2, NOW + 12)
    assert opened.entered(NOW + 3)[1] is Entry.REFUSED


def test_half_of_many_calls_within_a_minute_open_it():
    assert after("Timeout", "", "Timeout", "", "Timeout").state(NOW) is State.CLOSED
    assert after("", "Timeout", "", "Timeout", "", "Timeout").state(NOW) is State.OPEN
    assert after("", "Timeout", "", "Timeout", "", "Timeout", step=LATELY_S / 3).state(NOW) is State.CLOSED


def test_a_long_wish_to_wait_opens_it_at_once_for_that_long():
    call = Call(NOW, 5.0, "RateLimited")
    circuit = Circuit().failed(call, Entry.NORMAL, RULES, reason="slow down", asked_to_wait_s=30)
    assert circuit.open_until == NOW + 30
    assert Circuit().failed(call, Entry.NORMAL, RULES, reason="", asked_to_wait_s=2).opened_at is None
    assert Circuit().failed(call, Entry.NORMAL, RULES, reason="", asked_to_wait_s=9000).open_until == NOW + 60


def test_after_the_pause_one_call_may_try_and_no_other():
    opened = after("Timeout", "Timeout", "Timeout")
    assert opened.state(NOW + 12) is State.HALF_OPEN
    trying, entry = opened.entered(NOW + 12)
    assert entry is Entry.TRIAL
    assert trying.entered(NOW + 13)[1] is Entry.REFUSED
    assert trying.entered(NOW + 12 + TRIAL_S)[1] is Entry.TRIAL, "a trial whose process died blocks nobody for ever"
    assert trying.abandoned(Entry.TRIAL).entered(NOW + 13)[1] is Entry.TRIAL


def test_a_trial_that_succeeds_closes_it_and_old_failures_are_forgotten():
    trying, entry = after("Timeout", "Timeout", "Timeout").entered(NOW + 12)
    closed = trying.succeeded(Call(NOW + 14, 5.0), entry)
    assert closed.state(NOW + 14) is State.CLOSED
    assert after("Timeout", "Timeout", start=NOW + 15, circuit=closed).state(NOW + 17) is State.CLOSED
    assert len(closed.calls) == 4, "the page still shows what happened"


def test_each_trial_that_fails_doubles_the_pause_up_to_a_limit():
    circuit, pauses = after("Timeout", "Timeout", "Timeout"), []
    for _ in range(5):
        now = circuit.open_until
        circuit, entry = circuit.entered(now)
        circuit = circuit.failed(Call(now, 5.0, "Timeout"), entry, RULES, reason="still")
        pauses.append(circuit.open_until - now)
    assert pauses == [20, 40, 60, 60, 60]
    assert circuit.opened_at == NOW + 2, "since when it is open is kept"


def test_a_call_that_began_before_it_opened_neither_closes_nor_prolongs_it():
    opened = after("Timeout", "Timeout", "Timeout")
    late = opened.succeeded(Call(NOW + 4, 5.0), Entry.NORMAL)
    failed = late.failed(Call(NOW + 5, 5.0, "Timeout"), Entry.NORMAL, RULES, reason="late")
    assert (failed.state(NOW + 6), failed.open_until) == (State.OPEN, opened.open_until)


def test_an_admin_closes_it():
    closed = after("Timeout", "Timeout", "Timeout").closed(NOW + 3)
    assert closed.state(NOW + 3) is State.CLOSED
    assert closed.entered(NOW + 3)[1] is Entry.NORMAL


def test_it_is_read_as_it_was_written_and_rubbish_is_a_fresh_one():
    circuit = after("Timeout", "", "Timeout", "Timeout", "Timeout")
    assert read(written(circuit)) == circuit
    for raw in ("", None, "{", "[1]", '{"strange": 1}', '{"calls": 3}'):
        assert read(raw) == Circuit()


@pytest.mark.parametrize("calls", [1, 39, 40, 41, 500])
def test_only_the_latest_calls_are_remembered(calls):
    circuit = after(*([""] * calls))
    assert len(circuit.calls) == min(calls, 40)
    assert circuit.calls[-1].at == NOW + calls - 1
