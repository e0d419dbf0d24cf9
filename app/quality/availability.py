"""Whether answers fail right now, by what the product itself knows: looked at every minute.

Where the worker or the database is down nothing here runs; `/readyz` and the alerts on it are for that.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncMinute

from app.answers.models import Answer, Outcome, Question
from app.providers.endpoints import Kind as EndpointKind
from app.providers.endpoints import endpoints
from app.quality.intervals import wilson
from app.quality.models import Signal
from app.quality.watching import Look, past_signals

FAILING, SILENCE, MODELS = "failing", "silence", "models"
WINDOW = timedelta(minutes=10)
# A question may take this long before it counts as one that nobody answers.
GRACE = timedelta(minutes=2)
LEAST_ANSWERS = 3
CALM = timedelta(minutes=10)
SHOWN = timedelta(hours=2)
# What was quoted because a budget is spent or a reply was refused is no outage.
MEANT_SO = ("BudgetSpent", "UnsafeReply", "Repetitive", "WrongLanguage")
BAD = Q(outcome=Outcome.FAILED) | Q(outcome=Outcome.DEGRADED) & ~Q(error__in=MEANT_SO)
LEFT_ALONE_AFTER = timedelta(minutes=2)


def minute_looks(now: datetime) -> Iterator[Look]:
    past = past_signals(now.date())
    for look in (failing(now), silence(now), models_left_alone(now)):
        standing = past[look.key].standing if look.key in past else None
        yield look if standing is None or look.is_found else _calmed(look, standing, now)


def failing(now: datetime) -> Look:
    """Surely more than `ATTEST_SIGNAL_FAILING_PERCENT` of the last ten minutes' answers failed or were degraded."""
    counts = ended(now - WINDOW, now).aggregate(n=Count("pk"), bad=Count("pk", filter=BAD))
    n, bad, limit = counts["n"], counts["bad"], settings.ATTEST_SIGNAL_FAILING_PERCENT / 100
    share = wilson(bad, n)
    is_found = n >= LEAST_ANSWERS and share is not None and share.low > limit
    evidence = {
        "test": "wilson", "statistic": share.low if share else None, "threshold": limit, "n": n, "bad": bad,
        "minutes": _minutes(now),
    }  # fmt: skip
    return _look(FAILING, now, is_found=is_found, after=share.value if share else None, evidence=evidence, known=n)


def silence(now: datetime) -> Look:
    """Three questions or more came, and not one of them has its answer."""
    asked = Question.objects.filter(created_at__gt=now - GRACE - WINDOW, created_at__lte=now - GRACE)
    counts = asked.aggregate(n=Count("pk"), answered=Count("pk", filter=Q(answer__finished_at__isnull=False)))
    is_found = counts["n"] >= LEAST_ANSWERS and not counts["answered"]
    evidence = {"test": "none answered", "n": counts["n"], "threshold": LEAST_ANSWERS, "minutes": _minutes(now)}
    return _look(SILENCE, now, is_found=is_found, after=None, evidence=evidence, known=counts["n"])


def models_left_alone(now: datetime) -> Look:
    """All language models that answers are asked of are left alone, for two minutes."""
    asked = [
        each.breaker.circuit() for each in endpoints()
        if each.kind is EndpointKind.CHAT and each.breaker and "answer" in [route for route, _ in each.places]
    ]  # fmt: skip
    since = now.timestamp() - LEFT_ALONE_AFTER.total_seconds()
    is_found = bool(asked) and all(circuit.opened_at is not None and circuit.opened_at <= since for circuit in asked)
    evidence = {"test": "circuits", "reasons": sorted({circuit.reason for circuit in asked if circuit.reason})}
    return _look(MODELS, now, is_found=is_found, after=None, evidence=evidence, known=len(asked))


def _look(figure: str, now: datetime, *, is_found: bool, after: float | None, **said: Any) -> Look:
    return Look(
        Signal.Kind.AVAILABILITY, figure, is_found=is_found, first_day=now.date(), after=after, recent=after, **said
    )


def _calmed(look: Look, standing: Signal, now: datetime) -> Look:
    """Over once it was not seen for ten minutes, and somebody got an answer since: no questions are no proof."""
    is_back = now - standing.seen_at >= CALM
    if look.figure != MODELS:
        is_back = is_back and ended(standing.seen_at, now).exclude(BAD).exists()
    evidence = {**standing.evidence, "minutes": look.evidence.get("minutes", [])}
    return Look(
        look.kind, look.figure, is_back=is_back, first_day=standing.first_day, after=standing.after,
        evidence=evidence, known=look.known,
    )  # fmt: skip


def ended(after: datetime, until: datetime) -> QuerySet[Answer]:
    """Answers that ended in this time; one that its reader stopped says nothing."""
    rows = Answer.objects.filter(finished_at__gt=after, finished_at__lte=until).exclude(outcome="")
    return rows.exclude(stop_asked_at__isnull=False, context__has_key="stopped")


def _minutes(now: datetime) -> list[dict[str, Any]]:
    """Of the last two hours those minutes in which answers ended."""
    rows = ended(now - SHOWN, now).annotate(minute=TruncMinute("finished_at")).values("minute")
    counted = rows.annotate(n=Count("pk"), bad=Count("pk", filter=BAD)).order_by("minute")
    return [{"minute": row["minute"].isoformat(), "n": row["n"], "bad": row["bad"]} for row in counted]
