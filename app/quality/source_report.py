"""What a source's owner is told: its figures, the documents that answers are worst from, and what it does not say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F

from app.answers.models import Evidence
from app.corpus.access import Reader
from app.corpus.models import Document, Source
from app.quality.counts import Counts, counts_by, tally
from app.quality.seen_topics import SeenTopic, counted_topics, seen_topics
from app.quality.slices import FIRST_DOCUMENT, Slice, with_first_found
from app.quality.sources import SourceFigures, sources_compared

MOST_DOCUMENTS = 20
MOST_TOPICS = 10
# Topics that are looked through for those nearest to the source.
LOOKED_THROUGH = 200


@dataclass(frozen=True, slots=True)
class DocumentFigures:
    document: Document
    counts: Counts
    is_stale: bool


@dataclass(frozen=True, slots=True)
class SourceReport:
    """`hidden` counts documents with troubled answers whose titles the viewer may not read."""

    figures: SourceFigures
    first: date
    last: date
    documents: Sequence[DocumentFigures]
    hidden: int
    topics: Sequence[SeenTopic]

    @property
    def source(self) -> Source:
        return self.figures.source


def report_on(
    source: Source, first: date, last: date, reader: Reader, *, runs_it: bool, may_review: bool
) -> SourceReport:
    """Who runs the source sees all titles, as on the pages of sources; others those that they may read."""
    figures = next(each for each in sources_compared(tally(first, last)) if each.source.pk == source.pk)
    answers = with_first_found(Slice(source_id=source.pk).answers(first, last))
    counted = counts_by(answers, document=F(FIRST_DOCUMENT))
    worst = {key: counts for (key,), counts in counted.items() if key is not None and counts.troubled}
    titled = Document.objects.filter(pk__in=worst).select_related("source")
    shown = titled if runs_it else titled.filter(pk__in=Document.objects.readable_by(reader))
    documents = [DocumentFigures(each, worst[each.pk], each.is_stale()) for each in shown]
    documents.sort(key=lambda each: (-each.counts.troubled, -each.counts.answers, each.document.pk))
    return SourceReport(
        figures, first, last, documents[:MOST_DOCUMENTS], len(worst) - len(documents),
        topics_near(source, reader, may_review=may_review),
    )  # fmt: skip


def topics_near(source: Source, reader: Reader, *, may_review: bool) -> list[SeenTopic]:
    """Topics of which more questions came nearest to this source than to any other, what is asked most first."""
    topics = list(counted_topics()[:LOOKED_THROUGH])
    nearest = nearest_sources([topic.pk for topic in topics])
    found = [topic for topic in topics if nearest.get(topic.pk) == source.pk]
    return seen_topics(found[:MOST_TOPICS], reader, may_review=may_review)


def nearest_sources(topics: Sequence[int]) -> dict[int, int]:
    """Of each topic the source that its questions most often came nearest to."""
    rows = Evidence.objects.filter(answer__unanswered__topic__in=topics, rank=1, document__isnull=False)
    counted = rows.values_list("answer__unanswered__topic", "document__source").annotate(n=Count("pk"))
    found: dict[int, int] = {}
    for topic, source, _ in counted.order_by("n", "-document__source"):
        found[topic] = source
    return found
