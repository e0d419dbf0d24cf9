"""What the page of production quality is asked for: a span of days, and a part of all answers that may be chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from django.contrib.auth.models import Group
from django.db.models import Count
from django.http import QueryDict

from app.accounts.models import User
from app.accounts.permissions import Permission
from app.corpus.access import Reader
from app.corpus.models import Source
from app.quality.counts import Tally
from app.quality.slices import Slice
from app.web.usage_page import day_in

SPANS = (7, 30, 90)
USUAL_SPAN = 30
MOST_LISTED_DAYS = 366
# The answers of a smaller group would tell who asked.
SMALLEST_GROUP = 5
QUOTED = "quoted"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; `days` is 0 where it is no usual span."""

    slice: Slice
    first: date
    last: date
    what: str = ""

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def is_up_to_today(self) -> bool:
        return self.last == datetime.now(UTC).date()

    @property
    def slice_query(self) -> str:
        return urlencode(words_of(self.slice))

    @property
    def span_query(self) -> str:
        return urlencode({"from": self.first.isoformat(), "to": self.last.isoformat()})

    def query(self, *, first: date | None = None, last: date | None = None, what: str = "") -> str:
        """The same slice as part of an address."""
        said = {
            "from": (first or self.first).isoformat(),
            "to": (last or self.last).isoformat(),
            **words_of(self.slice),
        }
        return urlencode(said | ({"what": what} if what else {}))


def words_of(slice_: Slice) -> dict[str, str]:
    """A slice as parameters of an address."""
    found = {"source": slice_.source_id, "group": slice_.group_id, "prompt": slice_.prompt_version}
    said = {name: str(value) for name, value in found.items() if value is not None}
    return said | ({"model": slice_.model or QUOTED} if slice_.model is not None else {})


@dataclass(frozen=True, slots=True)
class Offered:
    """What a viewer may choose from."""

    sources: Sequence[Source]
    groups: Sequence[Group]


def offered(user: User, reader: Reader) -> Offered:
    """Sources that one may read, for who runs them all of them; groups in which nobody stands out."""
    runs_all = user.may(Permission.MANAGE_SOURCES)
    sources = Source.objects.all() if runs_all else Source.objects.readable_by(reader)
    groups = Group.objects.annotate(people=Count("user")).filter(people__gte=SMALLEST_GROUP)
    return Offered(list(sources.order_by("name")), list(groups.order_by("name")))


def asked_in(query: QueryDict, there: Offered) -> Asked:
    """The last 30 days of everything where the address makes no sense, or asks for what is not offered."""
    today = datetime.now(UTC).date()
    days = query.get("days", "")
    span = int(days) if days in map(str, SPANS) else USUAL_SPAN
    last = min(day_in(query, "to") or today, today)
    first = day_in(query, "from") or last - timedelta(days=span - 1)
    first, last = min(first, last), max(first, last)
    return Asked(
        slice_in(query, there), max(first, last - timedelta(days=MOST_LISTED_DAYS - 1)), last,
        query.get("what", "")[:20],
    )  # fmt: skip


def slice_in(query: QueryDict, there: Offered) -> Slice:
    model, prompt = (query.get(name, "").replace("\x00", "") for name in ("model", "prompt"))
    return Slice(
        source_id=_key_in(query, "source", {each.pk for each in there.sources}),
        group_id=_key_in(query, "group", {each.pk for each in there.groups}),
        model=("" if model == QUOTED else model[:120]) if model else None,
        prompt_version=prompt[:64] or None,
    )


def _key_in(query: QueryDict, name: str, there: set[int]) -> int | None:
    said = query.get(name, "")
    return int(said) if said.isdecimal() and len(said) < 10 and int(said) in there else None


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    label: str
    every: str
    options: Sequence[Option]


def fields(asked: Asked, there: Offered, everyone: Tally) -> list[Field]:
    """The fields of the form, each only where there is something to choose."""
    chosen = words_of(asked.slice)
    models = [(name or QUOTED, name or "Quoted, by no model") for name in everyone.most_used("model")]
    prompts = [name for name in everyone.most_used("prompt_version") if name]
    found = (
        ("source", "Source", "All sources", [(str(each.pk), each.name) for each in there.sources]),
        ("group", "Group of the asker", "All groups", [(str(each.pk), each.name) for each in there.groups]),
        ("model", "Model", "All models", models),
        ("prompt", "Prompt version", "All versions", [(name, name[:8]) for name in prompts]),
    )
    return [
        Field(name, label, every, [Option(value, words, chosen.get(name) == value) for value, words in options])
        for name, label, every, options in found
        if len(options) > 1 or name in chosen
    ]
