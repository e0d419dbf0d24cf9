"""A document's parse report as rows to show: known parts in words and in a fixed order, unknown ones as they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LABELS = {
    "pages": "Pages",
    "characters": "Characters",
    "words": "Words",
    "tables": "Tables",
    "images_without_text": "Pictures without text",
    "recognised_pages": "Pages read from pictures",
    "language": "Language",
    "boilerplate": "Repeated across the site, left out",
    "left_out": "Left out",
    "warnings": "Warnings",
    "instructions": "Reads like orders to a language model",
}
FLAGGED = ("instructions", "warnings")
QUOTE, PAGE = "quote", "page"
MOST_ENTRIES = 50
LONGEST_ENTRY = 400


@dataclass(frozen=True, slots=True)
class ReportList:
    label: str
    entries: list[str]
    left_out: int
    is_warning: bool


@dataclass(frozen=True, slots=True)
class ParseReport:
    """`figures` are label and value; `lists` hold warnings and passages worth a look."""

    figures: list[tuple[str, str]] = field(default_factory=list)
    lists: list[ReportList] = field(default_factory=list)


def parse_report(report: Mapping[str, Any]) -> ParseReport:
    known = [name for name in LABELS if name in report]
    others = [name for name in report if name not in LABELS]
    shown = ParseReport()
    for name in [*known, *others]:
        value = report[name]
        if value in (None, "", [], {}, (), 0):
            continue
        if isinstance(value, list | tuple):
            shown.lists.append(report_list(name, value))
        elif isinstance(value, Mapping):
            shown.figures.extend(
                (f"{label_of(name)}: {str(key).replace('_', ' ')}", worded(each)) for key, each in value.items()
            )
        else:
            shown.figures.append((label_of(name), worded(value)))
    return shown


def report_list(name: str, values: list[Any] | tuple[Any, ...]) -> ReportList:
    entries = [entry(value) for value in values[:MOST_ENTRIES]]
    return ReportList(label_of(name), entries, max(0, len(values) - MOST_ENTRIES), name in FLAGGED)


def entry(value: Any) -> str:
    if isinstance(value, Mapping) and QUOTE in value:
        value = f"“{value[QUOTE]}”" + (f" (page {value[PAGE]})" if value.get(PAGE) else "")
    elif isinstance(value, Mapping):
        value = " · ".join(f"{label_of(str(key)).lower()} {worded(each)}" for key, each in value.items())
    text = str(value)
    return text if len(text) <= LONGEST_ENTRY else f"{text[:LONGEST_ENTRY]}…"


def label_of(name: str) -> str:
    return LABELS.get(name, name.replace("_", " ").capitalize())


def worded(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,}"
    return entry(value) if isinstance(value, Mapping) else str(value)[:LONGEST_ENTRY]
