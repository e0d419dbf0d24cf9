"""Days are added up once, exactly, and a page shows the same whether they are or not."""

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.usage.days import Kind, Span, Sums, add_up, add_up_days, midnight, runs, sums_by_day, sums_by_key
from app.usage.models import Price, UsageDay, UsageRecord
from app.usage.tasks import add_up_usage

DAY = date(2026, 3, 10)
SPAN = Span(date(2026, 3, 8), date(2026, 3, 12))
KINDS = (Kind.PERSON, Kind.GROUP, Kind.MODEL, Kind.STEP)


def used(day=DAY, hour=9, **fields):
    values = {
        "step": "answer",
        "model": "large",
        "prompt_tokens": 90,
        "completion_tokens": 10,
        "cost_usd": Decimal("0.5"),
    }
    return UsageRecord(at=midnight(day) + timedelta(hours=hour), **values | fields)


def stored(*records):
    UsageRecord.objects.bulk_create(records)


def everything(user_id=None):
    return sums_by_day(SPAN, user_id=user_id), [sums_by_key(SPAN, kind) for kind in KINDS]


@pytest.mark.django_db
def test_a_day_is_what_its_records_add_up_to():
    price = Price.objects.create(model="large", input_usd=1, output_usd=1)
    stored(
        used(user_id=1, group_ids=[7, 8], answer_id=1, price=price),
        used(user_id=1, group_ids=[7], answer_id=1, step="judge", model="small", estimated=True),
        used(user_id=2, answer_id=2, price=price),
        used(step="reuse", user_id=2, answer_id=3, cost_usd=0, saved_usd=Decimal("0.25"), prompt_tokens=0,
             completion_tokens=0),
        used(step="embedding", model="e5", user_id=2, answer_id=9, price=price, cost_usd=0, prompt_tokens=0,
             completion_tokens=0),
        used(hour=24, user_id=1),
        used(hour=-1, user_id=1),
    )  # fmt: skip
    add_up(DAY)
    rows = {(row.kind, row.key): row for row in UsageDay.objects.all()}
    assert {key for kind, key in rows if kind == Kind.PERSON} == {"1", "2"}
    assert {key for kind, key in rows if kind == Kind.GROUP} == {"7", "8", ""}
    assert {key for kind, key in rows if kind == Kind.MODEL} == {"large", "small", "e5"}
    assert {key for kind, key in rows if kind == Kind.STEP} == {"answer", "judge", "embedding", "reuse"}
    whole = rows[Kind.ALL, ""]
    assert (whole.answers, whole.calls, whole.estimated, whole.unpriced, whole.reused) == (2, 4, 1, 1, 1)
    assert (whole.prompt_tokens, whole.completion_tokens) == (270, 30)
    assert (whole.cost_usd, whole.saved_usd) == (Decimal("1.5"), Decimal("0.25"))
    assert rows[Kind.PERSON, "1"].answers == 1
    assert rows[Kind.GROUP, ""].calls == 2
    assert rows[Kind.MODEL, "small"].unpriced == 1


records = st.builds(
    used,
    day=st.sampled_from(SPAN.days), hour=st.floats(0, 23.99), user_id=st.sampled_from([None, 1, 2]),
    group_ids=st.lists(st.sampled_from([7, 8]), unique=True), answer_id=st.sampled_from([None, 1, 2, 3]),
    step=st.sampled_from(["answer", "judge", "reuse"]), model=st.sampled_from(["large", "small"]),
    cost_usd=st.decimals(0, 3, places=6), estimated=st.booleans(),
)  # fmt: skip


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(used_there=st.lists(records, max_size=12), done=st.sets(st.sampled_from(SPAN.days)))
def test_what_is_shown_is_the_same_whichever_days_are_added_up(used_there, done):
    UsageRecord.objects.all().delete()
    UsageDay.objects.all().delete()
    for record in used_there:
        # An answer is made on one day: those made over midnight are the one stated inexactness.
        record.pk, record.answer_id = None, record.answer_id and record.answer_id + 10 * record.at.day
    stored(*used_there)
    before, own = everything(), sums_by_day(SPAN, user_id=1)
    for day in done:
        add_up(day)
    after = everything()
    assert {day: sums for day, sums in after[0].items() if sums != Sums()} == before[0]
    assert after[1] == before[1]
    assert sums_by_day(SPAN, user_id=1) == own


@pytest.mark.django_db
def test_adding_up_twice_changes_nothing_and_takes_in_what_came_late():
    stored(used(user_id=1))
    add_up(DAY)
    first = list(UsageDay.objects.order_by("kind", "key").values_list("kind", "key", "cost_usd"))
    add_up(DAY)
    assert list(UsageDay.objects.order_by("kind", "key").values_list("kind", "key", "cost_usd")) == first
    stored(used(user_id=3))
    add_up(DAY)
    assert UsageDay.objects.get(kind=Kind.ALL).calls == 2


@pytest.mark.django_db
def test_days_that_are_over_are_added_up_once():
    today = timezone.localdate()
    stored(used(day=today - timedelta(days=3)), used(day=today - timedelta(days=1)), used(day=today, hour=0))
    assert add_up_days(now=midnight(today) + timedelta(hours=1)) == 3
    assert add_up_days(now=midnight(today) + timedelta(hours=1)) == 0
    quiet = UsageDay.objects.get(kind=Kind.ALL, day=today - timedelta(days=2))
    assert (quiet.calls, quiet.cost_usd, quiet.through) == (0, 0, None)


@pytest.mark.django_db
def test_today_is_added_up_as_far_as_it_went_and_the_rest_is_read_from_records():
    today = timezone.localdate()
    stored(used(day=today, hour=1, answer_id=1, user_id=1), used(day=today, hour=9, answer_id=2, user_id=1))
    add_up_days(now=midnight(today) + timedelta(hours=5))
    assert UsageDay.objects.get(kind=Kind.ALL).calls == 1
    span = Span(today, today)
    assert sums_by_day(span)[today].calls == sums_by_day(span, user_id=1)[today].answers == 2
    assert sums_by_key(span, Kind.STEP)["answer"].cost_usd == 1
    add_up_days(now=midnight(today) + timedelta(hours=11))
    assert UsageDay.objects.get(kind=Kind.ALL).calls == sums_by_day(span)[today].calls == 2
    add_up_days(now=midnight(today) + timedelta(days=1, hours=1))
    assert UsageDay.objects.get(kind=Kind.ALL, day=today).through is None


@pytest.mark.django_db
def test_yesterday_is_left_alone_until_its_last_calls_are_written_down():
    today = timezone.localdate()
    stored(used(day=today - timedelta(days=1)))
    assert add_up_days(now=midnight(today) + timedelta(minutes=9)) == 0
    assert add_up_days(now=midnight(today) + timedelta(minutes=11)) == 1


@pytest.mark.django_db
def test_the_task_does_it_and_nothing_used_is_no_error():
    add_up_usage()
    assert not UsageDay.objects.exists()
    stored(used(day=timezone.localdate() - timedelta(days=5)))
    add_up_usage()
    assert UsageDay.objects.filter(kind=Kind.ALL, through=None).count() == 5


@pytest.mark.django_db
def test_added_up_days_are_not_read_from_their_records():
    stored(used(user_id=1), used(day=SPAN.first), used(day=SPAN.last))
    for day in SPAN.days:
        add_up(day)
    with CaptureQueriesContext(connections["default"]) as asked:
        everything(user_id=1)
    assert not [query["sql"] for query in asked if "usage_usagerecord" in query["sql"]]


@pytest.mark.django_db(transaction=True)
def test_two_processes_may_add_up_the_same_day_at_once():
    stored(*(used(user_id=each) for each in range(50)))
    failures = []

    def act():
        try:
            add_up(DAY)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            failures.append(error)
        finally:
            connections.close_all()

    both = [threading.Thread(target=act) for _ in range(4)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert failures == []
    assert UsageDay.objects.get(kind=Kind.ALL).calls == 50


def test_days_that_follow_upon_each_other_are_one_run():
    a, b, c = date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1)
    assert runs([c, a, b, date(2026, 3, 5)]) == [(a, c), (date(2026, 3, 5), date(2026, 3, 5))]
    assert runs([]) == []
