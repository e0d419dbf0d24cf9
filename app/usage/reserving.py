"""Reserve, then settle: a call of a model first sets aside the most it can cost, so that calls beside each other
cannot spend the same money twice.

The tallies of a spender are locked in one order, briefly, and no lock is held while the model speaks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from app.telemetry.metrics import (
    BUDGET_REFUSALS,
    MODEL_COST_USD,
    MODEL_TOKENS,
    RESERVATIONS_RELEASED,
)
from app.usage.budgets import BudgetSpent, budgets_for, subject_of, used_of
from app.usage.models import MODEL_CHARACTERS, Budget, Period, Price, Reservation, Tally, UsageRecord
from app.usage.periods import end_of, start_of
from app.usage.prices import price_of
from app.usage.spender import Spender

log = structlog.get_logger(__name__)
FREE = Decimal(0)


@dataclass(frozen=True, slots=True)
class Held:
    """What a call may use. `reservation_id` is None where no budget holds, so that nothing had to be set aside."""

    spender: Spender
    model: str
    price: Price | None
    day: date
    reservation_id: int | None = None


@dataclass(frozen=True, slots=True)
class Used:
    """What a call did use."""

    prompt_tokens: int
    completion_tokens: int
    estimated: bool = False

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True)
class Amount:
    tokens: int
    cost_usd: Decimal


def reserve(spender: Spender, model: str, most: Used, *, for_s: float) -> Held:
    """Set aside what the call can use at the most. Raises BudgetSpent where less is left.

    `for_s`: seconds after which the process counts as dead and a sweep releases what it held.
    """
    held = Held(spender, model, price_of(model), timezone.localdate())
    budgets = budgets_for(spender)
    if not budgets:
        return held
    need = Amount(most.tokens, cost_of(held.price, most))
    try:
        reservation = _set_aside(held, budgets, need, for_s)
    except BudgetSpent:
        if not release_stale():
            raise
        reservation = _set_aside(held, budgets, need, for_s)
    return replace(held, reservation_id=reservation.pk)


def settle(held: Held, used: Used, *, step: str, answer_id: int | None) -> UsageRecord:
    """Put what was used in the place of what was set aside. What was swept meanwhile is paid for all the same."""
    cost = cost_of(held.price, used)
    with transaction.atomic():
        reservation = _locked_reservation(held)
        _add(held.spender.subjects, held.day, used.tokens, cost, reservation)
        if reservation is not None:
            reservation.delete()
        record = UsageRecord.objects.create(
            user_id=held.spender.user_id, group_ids=sorted(held.spender.group_ids), answer_id=answer_id, step=step,
            model=held.model[:MODEL_CHARACTERS], prompt_tokens=used.prompt_tokens,
            completion_tokens=used.completion_tokens, estimated=used.estimated, cost_usd=cost, price=held.price,
        )  # fmt: skip
    MODEL_TOKENS.labels(record.model, step, "prompt").inc(used.prompt_tokens)
    MODEL_TOKENS.labels(record.model, step, "completion").inc(used.completion_tokens)
    MODEL_COST_USD.labels(record.model, step).inc(float(cost))
    return record


def release(held: Held) -> None:
    """Give back what was set aside: the call used nothing."""
    with transaction.atomic():
        reservation = _locked_reservation(held)
        if reservation is not None:
            _release(reservation)


def release_stale() -> int:
    """Release what processes held that did not live to settle; returns how many reservations those were."""
    released = 0
    for pk in Reservation.objects.filter(expires_at__lt=timezone.now()).values_list("pk", flat=True):
        with transaction.atomic():
            stale = Reservation.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
            if stale is None:
                continue
            _release(stale)
        released += 1
        log.warning("reservation_released", tokens=stale.tokens, cost_usd=float(stale.cost_usd))
    RESERVATIONS_RELEASED.inc(released)
    return released


def cost_of(price: Price | None, used: Used) -> Decimal:
    if price is None:
        return FREE
    return price.of(prompt_tokens=used.prompt_tokens, completion_tokens=used.completion_tokens)


def _set_aside(held: Held, budgets: Sequence[Budget], need: Amount, for_s: float) -> Reservation:
    subjects, today = held.spender.subjects, held.day
    _ensure_tallies(subjects, today)
    with transaction.atomic():
        tallies = _locked(subjects, today)
        by_key = {(each.subject, each.period): each for each in tallies}
        for budget in budgets:
            more = Decimal(need.tokens) if budget.kind == Budget.Kind.TOKENS else need.cost_usd
            used = used_of(budget, by_key[subject_of(budget, held.spender), budget.period])
            # Where everything is used up, not even a call that costs nothing is let through.
            if used + more > budget.amount or used >= budget.amount:
                BUDGET_REFUSALS.labels(budget.scope, budget.kind, budget.period).inc()
                raise BudgetSpent(budget, end_of(budget.period, today))
        for tally in tallies:
            tally.reserved_tokens += need.tokens
            tally.reserved_usd += need.cost_usd
        Tally.objects.bulk_update(tallies, ["reserved_tokens", "reserved_usd"])
        return Reservation.objects.create(
            subjects=list(subjects), day=today, tokens=need.tokens, cost_usd=need.cost_usd,
            expires_at=timezone.now() + timedelta(seconds=for_s),
        )  # fmt: skip


def _locked_reservation(held: Held) -> Reservation | None:
    if held.reservation_id is None:
        return None
    return Reservation.objects.select_for_update().filter(pk=held.reservation_id).first()


def _release(reservation: Reservation) -> None:
    _add(reservation.subjects, reservation.day, 0, FREE, reservation)
    reservation.delete()


def _add(subjects: Sequence[str], day: date, tokens: int, cost: Decimal, reservation: Reservation | None) -> None:
    """Add to the tallies what was used, and take from them what `reservation` held."""
    _ensure_tallies(subjects, day)
    tallies = _locked(subjects, day)
    for tally in tallies:
        tally.tokens += tokens
        tally.cost_usd += cost
        if reservation is not None:
            tally.reserved_tokens -= reservation.tokens
            tally.reserved_usd -= reservation.cost_usd
    Tally.objects.bulk_update(tallies, ["tokens", "cost_usd", "reserved_tokens", "reserved_usd"])


def _ensure_tallies(subjects: Sequence[str], day: date) -> None:
    rows = [Tally(subject=subject, period=period, start=start) for subject, period, start in _keys(subjects, day)]
    Tally.objects.bulk_create(rows, ignore_conflicts=True)


def _locked(subjects: Sequence[str], day: date) -> list[Tally]:
    """The tallies, locked in the order of their keys: whoever locks several does it in this order."""
    starts = Q(period=Period.DAY, start=day) | Q(period=Period.MONTH, start=start_of(Period.MONTH, day))
    rows = Tally.objects.select_for_update().filter(starts, subject__in=list(subjects))
    return list(rows.order_by("subject", "period"))


def _keys(subjects: Sequence[str], day: date) -> list[tuple[str, str, date]]:
    return sorted((subject, str(period), start_of(period, day)) for subject in subjects for period in Period)
