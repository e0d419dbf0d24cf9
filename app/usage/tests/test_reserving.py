"""Money is reserved before it is spent: calls beside each other never spend more than there is."""

import os
import subprocess
import sys
import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.db import connections
from django.utils import timezone

from app.accounts.models import User
from app.tests.live import database_url
from app.usage.budgets import BudgetSpent, budget_state, standings
from app.usage.models import Budget, Price, Reservation, Tally, UsageRecord
from app.usage.prices import set_price
from app.usage.reserving import Used, release, release_stale, reserve, settle
from app.usage.spender import Spender
from app.usage.tasks import forget_old_tallies, release_stale_reservations

MODEL = "model-a"
CALL = Used(60_000, 40_000)
NOBODY = Spender()


@pytest.fixture
def price(db):
    return Price.objects.create(model=MODEL, input_usd=Decimal(1), output_usd=Decimal(1))


def budget(amount, **fields):
    return Budget.objects.create(**{"scope": "everyone", "kind": "cost", "period": "day", "amount": amount} | fields)


def reserves(spender=NOBODY, most=CALL, for_s=60.0):
    return reserve(spender, MODEL, most, for_s=for_s)


def settles(held, used=CALL):
    return settle(held, used, step="answer", answer_id=None)


def tally(subject="everyone", period="day"):
    return Tally.objects.get(subject=subject, period=period)


def test_what_is_reserved_counts_until_it_is_settled(price):
    budget(Decimal("0.25"))
    first, second = reserves(), reserves()
    with pytest.raises(BudgetSpent):
        reserves()
    settles(first, Used(10_000, 0))
    third = reserves()
    settles(second)
    settles(third, Used(0, 10_000))
    assert tally().cost_usd == Decimal("0.12")
    assert (tally().reserved_usd, tally().reserved_tokens, Reservation.objects.count()) == (0, 0, 0)


def test_a_call_that_used_nothing_gives_everything_back(price):
    budget(Decimal("0.1"))
    release(reserves())
    reserves()
    assert not UsageRecord.objects.exists()


def test_without_a_budget_nothing_is_reserved_and_everything_counted(price):
    held = reserves()
    assert held.reservation_id is None
    record = settles(held)
    assert (record.cost_usd, record.price) == (Decimal("0.1"), price)
    budget(Decimal("0.15"))
    with pytest.raises(BudgetSpent):
        reserves()


@pytest.mark.parametrize(("kind", "amount"), [("tokens", 250_000), ("cost", Decimal("0.25"))])
@pytest.mark.parametrize("period", ["day", "month"])
def test_tokens_and_money_by_day_and_month(price, kind, amount, period):
    budget(amount, kind=kind, period=period)
    settles(reserves())
    settles(reserves())
    with pytest.raises(BudgetSpent) as refusal:
        reserves()
    today = timezone.localdate()
    first = today + timedelta(days=1) if period == "day" else (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    assert timezone.localdate(refusal.value.until) == first
    assert "for today" in refusal.value.message if period == "day" else "for this month" in refusal.value.message
    assert refusal.value.permanent


def test_yesterdays_use_is_no_part_of_today(price):
    budget(Decimal("0.1"))
    settles(reserves())
    Tally.objects.filter(period="day").update(start=timezone.localdate() - timedelta(days=1))
    reserves()


def test_each_person_has_the_same_and_one_may_have_more(price):
    alice, bob = User.objects.create_user("alice@example.com"), User.objects.create_user("bob@example.com")
    budget(Decimal("0.1"), scope="user")
    budget(Decimal("0.3"), scope="user", user=bob)
    settles(reserves(Spender(alice.pk)))
    for _ in range(3):
        settles(reserves(Spender(bob.pk)))
    for person in (alice, bob):
        with pytest.raises(BudgetSpent) as refusal:
            reserves(Spender(person.pk))
        assert refusal.value.message.startswith("Your budget for answers by a language model is used up for today.")
    settles(reserves())


def test_a_group_has_one_budget_and_whoever_is_in_two_needs_both(price):
    finance, sales = Group.objects.create(name="Finance"), Group.objects.create(name="Sales")
    budget(Decimal("0.1"), scope="group", group=finance)
    both = Spender(1, frozenset([finance.pk, sales.pk]))
    settles(reserves(both))
    with pytest.raises(BudgetSpent) as refusal:
        reserves(Spender(2, frozenset([finance.pk])))
    assert "The budget of the group Finance" in refusal.value.message
    settles(reserves(Spender(3, frozenset([sales.pk]))))
    assert tally(f"group:{sales.pk}").cost_usd == Decimal("0.2")


def test_a_new_price_holds_from_now_on_and_old_costs_stay(price):
    held = reserves()
    set_price(None, model=MODEL, input_usd=Decimal(10), output_usd=Decimal(10))
    begun_before, begun_after = settles(held), settles(reserves())
    assert (begun_before.cost_usd, begun_after.cost_usd) == (Decimal("0.1"), Decimal(1))
    begun_before.refresh_from_db()
    assert begun_before.price == price
    assert begun_after.price.input_usd == 10


def test_a_model_without_a_price_costs_nothing_and_its_tokens_count(db):
    budget(50, kind="tokens")
    record = settles(reserves(most=Used(10, 40)), Used(10, 40))
    assert (record.cost_usd, record.price) == (0, None)
    with pytest.raises(BudgetSpent):
        reserves(most=Used(0, 1))


def test_a_used_up_budget_lets_not_even_a_free_call_through(db):
    budget(0)
    with pytest.raises(BudgetSpent):
        reserves()


def test_what_dead_processes_held_is_released(price):
    budget(Decimal("0.1"))
    reserves()
    assert release_stale() == 0
    Reservation.objects.update(expires_at=timezone.now())
    release_stale_reservations()
    assert (tally().reserved_usd, Reservation.objects.count()) == (0, 0)
    reserves()


def test_whoever_needs_the_room_does_not_wait_for_the_sweep(price):
    budget(Decimal("0.1"))
    reserves(for_s=0.000_001)
    reserves()
    assert Reservation.objects.count() == 1


def test_what_was_swept_and_settles_late_is_paid_for_once(price):
    budget(Decimal("0.3"))
    held = reserves(for_s=0.000_001)
    assert release_stale() == 1
    settles(held)
    release(held)
    assert (tally().cost_usd, tally().reserved_usd) == (Decimal("0.1"), 0)


def test_near_a_budget_and_over_it(price):
    budget(Decimal("1.0"))
    assert budget_state(Spender(1)) == "free"
    for _ in range(7):
        settles(reserves())
    assert budget_state(Spender(1)) == "free"
    settles(reserves())
    assert budget_state(Spender(1)) == "near"
    settles(reserves())
    settles(reserves())
    assert budget_state(Spender(1)) == "spent"
    (standing,) = standings(Spender(1))
    assert (standing.percent, standing.left, standing.used) == (100, 0, Decimal("1.0"))


def test_a_budget_counts_what_was_used_before_it_was_set(price):
    settles(reserves(Spender(5)))
    budget(Decimal("0.1"))
    assert budget_state(Spender(6)) == "spent"


def test_old_tallies_are_forgotten_and_records_kept(price):
    settles(reserves())
    Tally.objects.filter(period="day").update(start=timezone.localdate() - timedelta(days=100))
    forget_old_tallies()
    assert [each.period for each in Tally.objects.all()] == ["month"]
    assert UsageRecord.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_threads_together_never_overspend(price):
    """Forty calls of 0.10 at once, of several people, on a budget of 1.00, all under way until the end."""
    budget(Decimal("1.0"))
    held, refused, barrier = [], [], threading.Barrier(40)

    def call(number):
        barrier.wait()
        try:
            held.append(reserves(Spender(number % 7)))
        except BudgetSpent:
            refused.append(number)
        finally:
            connections.close_all()

    run([threading.Thread(target=call, args=[number]) for number in range(40)])
    assert (len(held), len(refused)) == (10, 30)

    def end(each):
        try:
            settles(each)
        finally:
            connections.close_all()

    run([threading.Thread(target=end, args=[each]) for each in held])
    assert (tally().cost_usd, tally().reserved_usd) == (Decimal("1.0"), 0)
    assert UsageRecord.objects.count() == 10


def run(threads):
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


RACE = """
import django
django.setup()
from decimal import Decimal
from app.usage.budgets import BudgetSpent
from app.usage.reserving import Used, reserve, settle
from app.usage.spender import Spender
made = 0
for number in range(60):
    try:
        held = reserve(Spender(number % 3, frozenset([1, 2])), "model-a", Used(60_000, 40_000), for_s=60)
    except BudgetSpent:
        continue
    settle(held, Used(60_000, 40_000 - number), step="answer", answer_id=None)
    made += 1
print(made)
"""


@pytest.mark.django_db(transaction=True)
def test_processes_together_never_overspend(price):
    budget(Decimal("5.0"))
    environ = os.environ | {"DATABASE_URL": database_url()}
    running = [
        subprocess.Popen([sys.executable, "-c", RACE], env=environ, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    made = sum(int(process.communicate(timeout=120)[0]) for process in running)
    spent = tally().cost_usd
    assert Decimal("4.9") < spent <= Decimal("5.0")
    assert made == UsageRecord.objects.count() == 50
    assert spent == sum(record.cost_usd for record in UsageRecord.objects.all())
    for subject in ("group:1", "group:2"):
        assert tally(subject).cost_usd == spent
    assert sum(tally(f"user:{number}").cost_usd for number in range(3)) == spent
