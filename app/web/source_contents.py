"""What reading a source told, summed over its documents: formats, pages, languages, and how many have warnings.

Counted inside the database from the reports of current versions, so it costs a few queries however many documents.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, IntegerField, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from app.corpus.models import DocumentVersion, Source
from app.web.source_documents import STATES, condition_of

MOST_ROWS = 12
FLAGGED = ("warnings", "instructions", "near", "past")
SUMS = ("pages", "characters", "tables", "images_without_text", "recognised_pages")


@dataclass(frozen=True, slots=True)
class Contents:
    """`formats` and `languages` are (name, documents); sums leave out what no report gives.

    `flagged`: a filter of the documents' page, its label, and how many it finds.
    """

    documents: int
    bytes: int
    formats: list[tuple[str, int]]
    languages: list[tuple[str, int]]
    pages: int
    characters: int
    tables: int
    images_without_text: int
    recognised_pages: int
    flagged: list[tuple[str, str, int]]


def contents_of(source: Source) -> Contents:
    versions = DocumentVersion.objects.filter(pk__in=source.documents.values("current_version")).order_by()
    sums = versions.aggregate(
        documents=Count("pk"), bytes=Sum("size"),
        **{name: Sum(Cast(KeyTextTransform(name, "report"), IntegerField())) for name in SUMS},
    )  # fmt: skip
    return Contents(
        formats=tally(versions, "mime_type"),
        languages=tally(versions.filter(report__language__isnull=False), "report__language"),
        flagged=[flag for flag in flags(source) if flag[2]],
        **{name: value or 0 for name, value in sums.items()},
    )


def flags(source: Source) -> list[tuple[str, str, int]]:
    rows = source.documents.order_by()
    return [(name, STATES[name][0], rows.filter(condition_of(name)).count()) for name in FLAGGED]


def tally(versions: Any, by: str) -> list[tuple[str, int]]:
    rows = versions.values_list(by).annotate(number=Count("pk")).order_by("-number")
    return [(str(name), number) for name, number in rows[:MOST_ROWS] if name]
