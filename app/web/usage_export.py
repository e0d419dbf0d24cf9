"""The use of a span as comma-separated values, line by line, however much it is."""

import csv
import io
from collections.abc import AsyncGenerator, Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from app.telemetry.threads import in_thread
from app.usage.days import Span
from app.usage.models import UsageRecord

BATCH = 2000
HEADINGS = (
    "at", "person", "groups", "answer", "step", "model", "prompt_tokens", "completion_tokens", "estimated", "cost_usd",
    "input_usd_per_million", "output_usd_per_million", "saved_usd",
)  # fmt: skip
# A spreadsheet takes a cell that begins so for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


async def export(span: Span) -> AsyncGenerator[str]:
    yield written([HEADINGS])
    last = 0
    while rows := await in_thread(batch, span, last):
        last = rows[-1].pk
        yield await in_thread(lines, rows)


def batch(span: Span, after: int) -> list[UsageRecord]:
    return list(span.records().filter(pk__gt=after).select_related("price").order_by("pk")[:BATCH])


def lines(rows: list[UsageRecord]) -> str:
    user_ids = {row.user_id for row in rows if row.user_id is not None}
    people = dict(get_user_model().objects.filter(pk__in=user_ids).values_list("pk", "email"))
    groups = dict(Group.objects.values_list("pk", "name"))
    return written(cells(row, people, groups) for row in rows)


def cells(row: UsageRecord, people: dict[int, str], groups: dict[int, str]) -> tuple[Any, ...]:
    person = "" if row.user_id is None else people.get(row.user_id, f"removed ({row.user_id})")
    names = "; ".join(groups.get(pk, f"removed ({pk})") for pk in row.group_ids)
    price = (row.price.input_usd, row.price.output_usd) if row.price else ("", "")
    return (
        row.at.isoformat(), person, names, row.answer_id or "", row.step, row.model, row.prompt_tokens,
        row.completion_tokens, "yes" if row.estimated else "no", row.cost_usd, *price, row.saved_usd,
    )  # fmt: skip


def written(rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue()


def harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
