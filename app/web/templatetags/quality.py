"""The tabs of the quality pages, and figures in words."""

from dataclasses import dataclass

from django import template

from app.web.charts import as_percent
from app.web.navigation import address_of

register = template.Library()

TABS = (
    ("production", "quality", "Production"), ("runs", "quality_runs", "Evaluation runs"),
    ("unanswered", "quality_unanswered", "Unanswered"), ("signals", "quality_signals", "Signals"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tab:
    url: str
    label: str
    is_here: bool


@register.simple_tag(name="quality_tabs")
def quality_tabs_tag(here: str) -> list[Tab]:
    """`here` is "production", "runs", "unanswered" or "signals"."""
    found = ((name, address_of(address), label) for name, address, label in TABS)
    return [Tab(address, label, name == here) for name, address, label in found if address]


@register.filter
def share(value: float | None) -> str:
    """A share as a percentage: "93 %", "4.2 %"; a dash for none."""
    return "–" if value is None else as_percent(value)
