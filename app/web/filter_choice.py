"""The filters of the composer: what there is to choose from, what is chosen, and what a question was narrowed to."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import QueryDict
from django.utils.dateparse import parse_date

from app.answers.asking import QuestionError
from app.answers.chosen_filters import FilterError, chosen_filters
from app.answers.models import Conversation
from app.corpus.access import Reader
from app.corpus.models import Source
from retrieval.filters import Filters, filters_from

MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Choice:
    """A source that may be chosen."""

    id: int
    name: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class FilterChoice:
    sources: tuple[Choice, ...]
    changed_since: date | None

    @property
    def chosen(self) -> tuple[Choice, ...]:
        return tuple(choice for choice in self.sources if choice.is_chosen)


def filter_choice(reader: Reader, filters: Filters) -> FilterChoice:
    """What this reader may choose from. A source that was chosen and may no longer be read is not offered."""
    rows = Source.objects.readable_by(reader).order_by("name").values_list("pk", "name")
    return FilterChoice(
        tuple(Choice(key, name, key in filters.source_ids) for key, name in rows), filters.changed_since
    )


def remembered(conversation: Conversation | None) -> Filters:
    """Those of the conversation's last question."""
    last = conversation.questions.order_by("-pk").first() if conversation else None
    return filters_from(last.filters) if last else Filters()


def filters_in(posted: QueryDict, reader: Reader) -> dict[str, Any]:
    """The filters that a form asks for. Raises QuestionError with what to change."""
    since = posted.get("changed_since", "")
    try:
        day = parse_date(since) if since else None
    except ValueError:
        day = None
    if since and day is None:
        raise QuestionError("Choose a day such as 2026-01-31, or none.")
    wanted = posted.getlist("source")
    if not all(each.isdecimal() and len(each) <= MOST_DIGITS for each in wanted):
        raise QuestionError("Choose sources from the list.")
    try:
        return chosen_filters(
            reader, source_ids=[int(each) for each in wanted], changed_since=day, fresh=posted.get("fresh") == "1"
        )
    except FilterError as error:
        raise QuestionError(str(error)) from None


@dataclass(frozen=True, slots=True)
class Narrowing:
    """How a question was narrowed, in words; sources that may no longer be read are only counted."""

    sources: tuple[Choice, ...]
    lost_sources: int
    changed_since: date | None

    def __bool__(self) -> bool:
        return bool(self.sources or self.lost_sources or self.changed_since)


def narrowing(stored: dict[str, Any], reader: Reader) -> Narrowing:
    filters = filters_from(stored)
    rows = []
    if filters.source_ids:
        readable = Source.objects.readable_by(reader).filter(pk__in=filters.source_ids)
        rows = list(readable.order_by("name").values_list("pk", "name"))
    return Narrowing(
        tuple(Choice(key, name, True) for key, name in rows), len(filters.source_ids) - len(rows), filters.changed_since
    )
