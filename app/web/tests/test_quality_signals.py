"""The page of signals: plain words, the chart behind them, and acts for admins and operators alone."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import Role, User
from app.ops import signal_metrics
from app.quality.models import Signal
from app.telemetry.metrics import QUALITY_SIGNALS
from app.tests.world import World, make_world
from app.web.signal_words import heading_of, span_words

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    made = make_world()
    User.objects.filter(pk=made.bob.pk).update(roles=[Role.REVIEWER])
    User.objects.filter(pk=made.charlie.pk).update(roles=[Role.OPERATOR])
    return made


def visitor(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def days(value: float, count: int = 30) -> list[dict[str, Any]]:
    first = timezone.localdate() - timedelta(days=count)
    rows = [((first + timedelta(days=number)).isoformat(), number % 7 > 0) for number in range(count)]
    return [{"day": day, "value": value if is_known else None, "n": 20 if is_known else 0} for day, is_known in rows]


def made(**fields: Any) -> Signal:
    said = {
        "kind": "drop", "figure": "not_found", "first_day": timezone.localdate() - timedelta(days=9), "before": 0.12,
        "after": 0.25,
        "evidence": {"test": "cusum", "statistic": 9.4, "threshold": 8.0, "deviation": 0.3, "days": days(0.2)},
    }  # fmt: skip
    return Signal.objects.create(**(said | fields))


def page_of(user: User, signal: Signal) -> str:
    return visitor(user).get(reverse("quality_signal", args=[signal.pk])).content.decode()


def test_a_signal_says_in_plain_words_what_changed() -> None:
    year = timezone.localdate().year
    drop = made(first_day=date(year, 11, 3))
    assert heading_of(drop) == "Not found rose from 12 % to 25 % since 3 November"
    graded = made(figure="graded", before=0.9, after=0.8, first_day=date(year - 1, 1, 2))
    assert heading_of(graded) == f"Answers with the best grades fell from 90 % to 80 % since 2 January {year - 1}"
    decline = made(kind="decline", figure="supported", before=0.95, after=0.9, first_day=date(year, 1, 2))
    assert "supported fell slowly from 95 % to 90 %" in heading_of(decline)
    cost = made(kind="cost", figure="cost_day", slice="large", before=1.5, after=12, first_day=date(year, 5, 1))
    assert heading_of(cost) == "Cost of a day, large rose from 1.50 USD to 12.00 USD on 1 May"
    outage = made(kind="availability", figure="failing", before=None, after=0.8)
    assert heading_of(outage).startswith("80 % of answers fail or are degraded, since ")


def test_how_long_something_lasted() -> None:
    assert span_words(timedelta(seconds=30)) == "less than a minute"
    assert span_words(timedelta(minutes=25)) == "25 minutes"
    assert span_words(timedelta(hours=1)) == "1 hour"
    assert span_words(timedelta(days=11, hours=2)) == "11 days"


def test_without_signals_the_page_says_so(world: World) -> None:
    page = visitor(world.ada).get(reverse("quality_signals")).content.decode()
    assert "Nothing stands out" in page
    assert "Past" not in page


def test_the_list_shows_the_most_severe_first_and_the_past_below(world: World) -> None:
    made(kind="cost", figure="cost_day", before=1, after=9, evidence={"test": "robust z"})
    made(kind="availability", figure="silence", before=None, after=None, evidence={"test": "none answered"})
    now = timezone.now()
    made(
        figure="caveat", state="closed", raised_at=now - timedelta(days=12), closed_at=now - timedelta(days=1),
        back_at=now - timedelta(days=1),
    )  # fmt: skip
    page = visitor(world.bob).get(reverse("quality_signals")).content.decode()
    assert (
        page.index("Questions come and none is answered")
        < page.index("Cost of a day")
        < page.index("Answers with a caveat")
    )
    assert "Closed by itself after 11 days: the figure is usual again." in page


def test_one_signal_shows_its_evidence_and_leads_to_the_answers(world: World) -> None:
    signal = made()
    page = page_of(world.ada, signal)
    assert "9.4, above its threshold of 8" in page
    assert "plot-drawing" in page
    assert f"what=not_found&amp;from={signal.first_day}" in page or f"from={signal.first_day}&amp;" in page
    assert "docs/runbooks/quality-signals.md" in page


@pytest.mark.parametrize(
    ("kind", "figure", "evidence", "says"),
    [
        ("drop", "graded", {"test": "floor", "statistic": 0.6, "threshold": 0.8}, "below the floor of 80%"),
        ("decline", "caveat", {"test": "mann-kendall", "statistic": 0.001, "threshold": 0.005}, "once in 1,000 looks"),
        ("cost", "cost_answer", {"test": "robust z", "statistic": 7.5, "threshold": 3.5}, "7.5 robust standard"),
        (
            "availability", "failing", {"test": "wilson", "bad": 6, "n": 7, "threshold": 0.3, "statistic": 0.5,
            "minutes": [{"minute": "2026-11-03T10:00:00+00:00", "n": 7, "bad": 6}]}, "6 of 7 answers failed",
        ),
        ("availability", "silence", {"test": "none answered", "n": 4}, "4 questions came"),
        ("availability", "models", {"test": "circuits", "reasons": ["It hung up."]}, "It hung up."),
    ],
)  # fmt: skip
def test_each_test_is_explained(world: World, kind: str, figure: str, evidence: dict[str, Any], says: str) -> None:
    signal = made(kind=kind, figure=figure, evidence=evidence, before=None if kind == "availability" else 0.1)
    assert says in page_of(world.ada, signal)


def test_an_operator_looks_into_it_and_closes_it_with_a_note(world: World) -> None:
    signal, client = made(), visitor(world.charlie)
    address = reverse("quality_signal_act", args=[signal.pk])
    page = client.post(address, {"act": "acknowledge"}, follow=True).content.decode()
    assert "Charlie looks into it" in page
    page = client.post(address, {"act": "close", "note": "The wiki was <away>."}, follow=True).content.decode()
    assert "The wiki was &lt;away&gt;." in page
    assert "Closed by Charlie" in page
    assert "has not come back yet" in page
    assert "closed already" in client.post(address, {"act": "close"}, follow=True).content.decode()
    page = client.post(address, {"act": "usual"}, follow=True).content.decode()
    assert "learnt anew from" in page
    assert "say what to do" in client.post(address, {}, follow=True).content.decode()


def test_a_reviewer_reads_and_does_nothing(world: World) -> None:
    signal = made()
    assert "Close it" not in page_of(world.bob, signal)
    assert visitor(world.bob).post(reverse("quality_signal_act", args=[signal.pk]), {"act": "close"}).status_code == 404
    signal.refresh_from_db()
    assert signal.state == "open"
    assert "Close it" in page_of(world.charlie, signal)


def test_the_gauge_counts_what_stands_and_says_zero_otherwise() -> None:
    made()
    made(figure="caveat", state="acknowledged")
    made(figure="degraded", state="closed", closed_at=timezone.now())
    signal_metrics.refresh()
    assert QUALITY_SIGNALS.labels("drop", "open")._value.get() == 1
    assert QUALITY_SIGNALS.labels("drop", "acknowledged")._value.get() == 1
    assert QUALITY_SIGNALS.labels("availability", "open")._value.get() == 0
