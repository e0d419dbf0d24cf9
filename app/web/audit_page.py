"""What the audit page is asked for, and the entries that it shows: newest first, page by page by their numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict

from app.audit import events
from app.audit.models import AuditEvent
from app.web.asked_for import number_asked
from app.web.usage_page import day_in

PAGE_SIZE = 50
MOST_CHARACTERS = 254
ACTIONS = tuple(
    sorted(
        value for name, value in vars(events).items() if name.isupper() and isinstance(value, str) and value.islower()
    )
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of the page, each empty where it is not used."""

    who: str = ""
    what: str = ""
    about: str = ""
    result: str = ""
    request: str = ""
    address: str = ""
    first: str = ""
    last: str = ""

    @property
    def is_narrowed(self) -> bool:
        return bool(self.said())

    def said(self) -> dict[str, str]:
        """The filters in use, as an entry about the reading keeps them."""
        names = ("who", "what", "about", "result", "request", "address", "first", "last")
        return {name: value for name in names if (value := getattr(self, name))}


def wanted_in(query: QueryDict) -> Wanted:
    """What makes no sense counts as not asked for."""
    text = {name: query.get(name, "").replace("\x00", "").strip()[:MOST_CHARACTERS] for name in query}
    first, last = day_in(query, "from"), day_in(query, "to")
    return Wanted(
        who=text.get("who", ""), what=text.get("what", "") if text.get("what") in ACTIONS else "",
        about=text.get("about", ""), request=text.get("request", ""), address=text.get("address", ""),
        result=text.get("result", "") if text.get("result") in AuditEvent.Result.values else "",
        first=first.isoformat() if first else "", last=last.isoformat() if last else "",
    )  # fmt: skip


def matching(wanted: Wanted) -> "QuerySet[AuditEvent]":
    """`about` finds an object and what begins with it: "document:7", or "document:" for all of them."""
    found = Q()
    if wanted.who:
        found &= Q(actor_label__icontains=wanted.who)
    if wanted.about:
        found &= Q(target__startswith=wanted.about) if wanted.about.endswith(":") else Q(target=wanted.about)
    for name, value in (
        ("action", wanted.what), ("result", wanted.result), ("request_id", wanted.request), ("address", wanted.address)
    ):  # fmt: skip
        if value:
            found &= Q(**{name: value})
    if wanted.first:
        found &= Q(at__gte=_midnight(wanted.first))
    if wanted.last:
        found &= Q(at__lt=_midnight(wanted.last) + timedelta(days=1))
    return AuditEvent.objects.filter(found)


@dataclass(frozen=True, slots=True)
class Page:
    """`older` and `newer` are the numbers from which the neighbouring pages go on; none where there is none."""

    entries: Sequence[AuditEvent]
    older: int | None
    newer: int | None


def page_of(found: "QuerySet[AuditEvent]", query: QueryDict) -> Page:
    """By number instead of by offset: a page costs the same however far back it is, and new entries move nothing."""
    before, after = (number_asked(query.get(name, "")) for name in ("before", "after"))
    if after is not None:
        rows = list(found.filter(pk__gt=after).order_by("pk")[: PAGE_SIZE + 1])
        has_newer, has_older = len(rows) > PAGE_SIZE, True
        rows = rows[:PAGE_SIZE][::-1]
    else:
        older = found if before is None else found.filter(pk__lt=before)
        rows = list(older.order_by("-pk")[: PAGE_SIZE + 1])
        has_newer, has_older = before is not None, len(rows) > PAGE_SIZE
        rows = rows[:PAGE_SIZE]
    return Page(
        rows, older=rows[-1].pk if rows and has_older else None, newer=rows[0].pk if rows and has_newer else None
    )


@dataclass(frozen=True, slots=True)
class Change:
    """One value of a setting before and after; an empty text where there was none."""

    name: str
    before: str
    after: str

    @property
    def is_change(self) -> bool:
        return self.before != self.after


def changes(event: AuditEvent) -> list[Change]:
    before, after = _named(event.before), _named(event.after)
    names = [*before, *(name for name in after if name not in before)]
    return [Change(name, _shown(before.get(name)), _shown(after.get(name))) for name in names]


def details(event: AuditEvent) -> list[tuple[str, str]]:
    return [(name, _shown(value)) for name, value in event.details.items()]


def _named(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {} if value is None else {"value": value}


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_shown, value)) or "none"
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_shown(each)}" for name, each in value.items()) or "none"
    return str(value)


def _midnight(day: str) -> datetime:
    return datetime.combine(datetime.fromisoformat(day).date(), time(), UTC)
