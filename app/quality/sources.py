"""Which sources answers are worse from than from all the others, and by what."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils import timezone

from app.corpus.models import Source
from app.quality.counts import Counts, Tally
from app.quality.intervals import Figure
from app.quality.paired import holm
from app.quality.shares import more_often

# What makes a source worse, and what is said of it.
WORSE_BY: Mapping[str, str] = {
    "not_found": "not found", "unhelpful": "thumbs down", "low_support": "little supported",
    "reported": "citations reported",
}  # fmt: skip
# With fewer answers, chance and a single asker decide.
LEAST_ANSWERS = 20
SURE = 0.05


@dataclass(frozen=True, slots=True)
class SourceFigures:
    """`worse_by` names the shares that are higher than those of all other sources together, beyond chance."""

    source: Source
    counts: Counts
    documents: int
    past_date: int
    is_late: bool
    worse_by: tuple[str, ...]

    @property
    def is_enough(self) -> bool:
        return self.counts.answers >= LEAST_ANSWERS

    @property
    def stale(self) -> int:
        """Documents past their date; all of them where the source was not looked at in time."""
        return self.documents if self.is_late else self.past_date

    @property
    def shares(self) -> dict[str, Figure | None]:
        return {name: self.counts.share(name) for name in WORSE_BY}

    @property
    def worse(self) -> dict[str, bool]:
        return {name: name in self.worse_by for name in WORSE_BY}

    @property
    def worse_words(self) -> list[str]:
        return [WORSE_BY[name] for name in self.worse_by]


def sources_compared(everyone: Tally) -> list[SourceFigures]:
    """Every source, those that are worse than the rest first, then by how many answers are troubled at the least."""
    counted = everyone.by("source_id")
    counted.pop(None, None)
    worse = worse_than_rest(counted)
    past_date = Count("documents", filter=Q(documents__valid_until__lt=timezone.localdate()))
    rows = Source.objects.annotate(
        documents_there=Count("documents", filter=Q(documents__current_version__isnull=False)), past_date=past_date
    )
    found = [
        SourceFigures(
            source, counted.get(source.pk, Counts()), source.documents_there, source.past_date,
            source.misses_freshness_target(), worse.get(source.pk, ()),
        )
        for source in rows
    ]  # fmt: skip
    return sorted(found, key=_rank)


def worse_than_rest(counted: Mapping[int, Counts]) -> dict[int, tuple[str, ...]]:
    """Of each source the shares that are higher than in all others together, at 5 % for all questions asked at once.

    Fisher's exact test, with Holm's correction over sources and shares. A source with few answers is not asked.
    """
    total = sum(counted.values(), Counts())
    asked: dict[str, float] = {}
    for source, counts in counted.items():
        rest = total - counts
        for name in WORSE_BY if counts.answers >= LEAST_ANSWERS and rest.answers >= LEAST_ANSWERS else ():
            asked[f"{source}:{name}"] = more_often(*counts.parts(name), *rest.parts(name))
    sure = {each for each, p in holm(asked).items() if p < SURE}
    return {source: tuple(name for name in WORSE_BY if f"{source}:{name}" in sure) for source in counted}


def _rank(each: SourceFigures) -> tuple[int, float, str]:
    troubled = each.counts.share("troubled")
    return -len(each.worse_by), -(troubled.low if troubled else 0.0), each.source.name
