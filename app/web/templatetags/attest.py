"""Words for ages, spans and states, the same on every page."""

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import template
from django.forms import CheckboxInput
from django.urls import reverse
from django.utils import timezone

from app.web.failure_words import reason_advice, reason_label
from app.web.navigation import PageLink, admin_links
from app.web.run_words import StagePart, run_badge, stage_parts
from app.web.sample_company import SampleAccount, sample_accounts

register = template.Library()

KIND_ICONS = {
    "upload": "upload", "folder": "folder", "files": "cloud", "website": "globe", "git": "branch", "mailbox": "mail",
    "confluence": "books", "database": "database",
}  # fmt: skip
MINUTE, HOUR, DAY = 60, 3600, 86400
MONTH, YEAR = 30.44 * DAY, 365.25 * DAY


@register.filter
def age(moment: datetime | None) -> str:
    """ "14 months ago"; the largest unit that says something, rounded down."""
    if moment is None:
        return "never"
    seconds = (timezone.now() - moment).total_seconds()
    return "just now" if seconds < MINUTE else f"{in_words(seconds)} ago"


@register.filter
def until(moment: datetime | None) -> str:
    """ "in 12 min"; what is due already is "now"."""
    if moment is None:
        return ""
    seconds = (moment - timezone.now()).total_seconds()
    return "now" if seconds < 1 else f"in {in_words(seconds)}"


@register.filter
def span(duration: timedelta | None) -> str:
    """A length that somebody set, in the unit they thought of: 730 days are 2 years."""
    if duration is None:
        return ""
    days = duration.days
    if days and days % 365 == 0:
        return counted(days // 365, "year")
    return counted(days, "day") if days else in_words(duration.total_seconds())


def in_words(seconds: float) -> str:
    for unit, name in ((YEAR, "year"), (MONTH, "month"), (DAY, "day")):
        if (amount := int(seconds // unit)) >= 2:
            return counted(amount, name)
    if seconds >= HOUR:
        return f"{int(seconds // HOUR)} h"
    return f"{int(seconds // MINUTE)} min" if seconds >= MINUTE else f"{int(seconds)} s"


def counted(amount: int, noun: str) -> str:
    return f"{amount} {noun}" + ("" if amount == 1 else "s")


@register.filter
def without_blank_lines(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line.strip())


@register.filter
def is_past(day: date | None) -> bool:
    return day is not None and day < timezone.localdate()


@register.filter
def seconds(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value * 1000:.0f} ms" if value < 0.95 else f"{value:.1f} s"


@register.filter
def milliseconds(value: float | None) -> str:
    """ "12 ms", "1.4 s"; below one millisecond nobody counts."""
    if value is None:
        return "–"
    return "< 1 ms" if value < 1 else seconds(value / 1000)


@register.filter
def took(run: Any) -> str:
    """How long a run took, or has been going on."""
    return in_words(((run.finished_at or timezone.now()) - run.started_at).total_seconds())


@register.filter
def kind_icon(kind: str) -> str:
    return KIND_ICONS.get(kind, "plug")


@register.filter
def widget_kind(field: Any) -> str:
    return "flag" if isinstance(field.field.widget, CheckboxInput) else ""


register.filter("reason_label", reason_label)
register.filter("reason_advice", reason_advice)
register.filter("run_badge", run_badge)


@register.simple_tag(name="stages")
def stages_tag(run: Any) -> list[StagePart]:
    return stage_parts(run.stage_seconds)


@register.filter
def citation_url(citation: Any) -> str:
    """The document at the cited words."""
    query = urlencode({"version": citation.version_id, "start": citation.start, "end": citation.end})
    return f"{reverse('document', args=[citation.document_id])}?{query}#cited"


@register.filter
def named(names: dict[int, str], key: int) -> str:
    return names.get(key, "a removed group")


@register.filter
def file_kind(name: str) -> str:
    """ "PDF" for report.pdf; "file" where the name does not say."""
    ending = name.rsplit("/", 1)[-1].rpartition(".")
    return ending[2].upper() if ending[0] and len(ending[2]) <= 5 else "file"


@register.simple_tag(name="sample_accounts")
def sample_accounts_tag() -> list[SampleAccount]:
    return sample_accounts()


@register.simple_tag(name="admin_links")
def admin_links_tag(user: Any, here: str) -> list[PageLink]:
    return admin_links(user, here) if user.is_authenticated else []


@register.simple_tag(takes_context=True)
def query_with(context: dict[str, Any], **changes: Any) -> str:
    """This page's query string with some values changed; None removes one."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value not in (None, ""):
            query[name] = value
    return f"?{query.urlencode()}"
