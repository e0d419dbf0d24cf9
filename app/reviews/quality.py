"""What the graded sample says of all answers, how far reviewers agree, and how the work stands."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from app.accounts.models import Role, User
from app.reviews.agreement import CriterionAgreement, by_criterion
from app.reviews.estimates import Estimate, Sampled, answered_for, share
from app.reviews.models import OPEN, CalibrationItem, Reason, ReviewItem, Verdict
from app.reviews.queue import verdicts_since
from app.reviews.rubric import Rubric, newest

State, Round = ReviewItem.State, Verdict.Round
ALL_BEST = "all"
LOOKED_BACK = timedelta(days=7)
# The verdict that counts is the last of these that there is.
RANK = {Round.FIRST: 0, Round.SECOND: 1, Round.RESOLUTION: 2}


@dataclass(frozen=True, slots=True)
class Quality:
    """By criterion, and under "all" the share of answers with the best level everywhere; 1 is best.

    `drawn` counts what was in the sample, `graded` what is done of it.
    """

    estimates: Mapping[str, Estimate]
    drawn: int
    graded: int


def quality(items: QuerySet[ReviewItem], rubric: Rubric | None = None) -> Quality:
    """Of the answers that `items`, a part of the queue by days or anything else known of all answers, stand for.

    Answers that nobody has graded yet are taken to be like the graded ones that came into the sample in the same way:
    by chance, or because somebody doubts them. Those graded under another version of the rubric count as not graded.
    """
    rubric = rubric or newest()
    rows = sampled(items)
    return quality_of(rows, final_levels(rows, rubric.version), rubric)


def sampled(items: QuerySet[ReviewItem]) -> list[ReviewItem]:
    """Those that stand for others: some were opened before the day's limit left them out, some were taken out."""
    return list(items.exclude(probability=None).exclude(state=State.CLOSED).order_by("pk"))


def quality_of(rows: Sequence[ReviewItem], final: Mapping[int, Mapping[str, int]], rubric: Rubric) -> Quality:
    """Of `sampled` rows; `final` may hold levels of others as well."""
    graded = {row.pk: final[row.pk] for row in rows if row.pk in final}
    return Quality(_estimates(rows, graded, rubric), len(rows), len(graded))


def quality_between(first: date, last: date) -> Quality:
    return quality(ReviewItem.objects.filter(day__gte=first, day__lte=last))


def _estimates(
    rows: Sequence[ReviewItem], final: Mapping[int, Mapping[str, int]], rubric: Rubric
) -> dict[str, Estimate]:
    found: dict[str, Estimate] = {}
    for criterion in rubric.criteria:
        values = {pk: levels[criterion.name] / criterion.best for pk, levels in final.items()}
        estimate = share(weighed(rows, values))
        found |= {criterion.name: estimate} if estimate else {}
    best = {each.name: each.best for each in rubric.criteria}
    perfect = share(weighed(rows, {pk: float(dict(levels) == best) for pk, levels in final.items()}))
    return found | ({ALL_BEST: perfect} if perfect else {})


def weighed(rows: Sequence[ReviewItem], values: Mapping[int, float]) -> list[Sampled]:
    """The graded ones of `rows` with their `values`, which are by key, weighing for all of `rows`."""
    found: list[Sampled] = []
    for is_by_chance in (True, False):
        group = [row for row in rows if (row.reasons == [Reason.CHANCE]) == is_by_chance]
        graded = [Sampled(values[row.pk], row.probability or 1.0) for row in group if row.pk in values]
        found += answered_for([row.probability or 1.0 for row in group], graded)
    return found


def final_levels(items: Iterable[ReviewItem], rubric_version: int) -> dict[int, Mapping[str, int]]:
    """Of each finished item the levels that count, by its key."""
    done = [item.pk for item in items if item.state == State.DONE]
    rows = Verdict.objects.filter(item__in=done, withdrawn_at=None).exclude(round=Round.CALIBRATION)
    last = {row.item_id: row for row in sorted(rows, key=lambda each: RANK[Round(each.round)])}
    return {item: row.levels for item, row in last.items() if row.rubric_version == rubric_version}


def final_verdict(item: ReviewItem) -> Verdict | None:
    rows = item.verdicts.filter(withdrawn_at=None).exclude(round=Round.CALIBRATION)
    return max(rows, key=lambda each: RANK[Round(each.round)], default=None)


@dataclass(frozen=True, slots=True)
class Calibrated:
    """One reviewer against the known verdicts."""

    reviewer: User
    answers: int
    by_criterion: list[CriterionAgreement]


def blind_agreement(rubric: Rubric | None = None) -> list[CriterionAgreement]:
    """Of first and second verdicts under the rubric, neither of whom saw the other."""
    rubric = rubric or newest()
    rows = Verdict.objects.filter(withdrawn_at=None, rubric_version=rubric.version)
    firsts = dict(rows.filter(round=Round.FIRST).values_list("item", "levels"))
    seconds = rows.filter(round=Round.SECOND).values_list("item", "levels")
    pairs = [(firsts[item], levels) for item, levels in seconds if item in firsts]
    return by_criterion(pairs, rubric.levels)


def calibrations(rubric: Rubric | None = None) -> list[Calibrated]:
    rubric = rubric or newest()
    known = dict(CalibrationItem.objects.filter(rubric_version=rubric.version).values_list("item", "levels"))
    rows = Verdict.objects.filter(
        item__in=known,
        round=Round.CALIBRATION,
        withdrawn_at=None,
        rubric_version=rubric.version,
        reviewer__isnull=False,
    ).select_related("reviewer")
    by_reviewer: dict[User, list[tuple[Mapping[str, int], Mapping[str, int]]]] = {}
    for row in rows:
        if row.reviewer is not None:
            by_reviewer.setdefault(row.reviewer, []).append((known[row.item_id], row.levels))
    return [
        Calibrated(reviewer, len(pairs), by_criterion(pairs, rubric.levels))
        for reviewer, pairs in sorted(by_reviewer.items(), key=lambda pair: pair[0].email)
    ]


@dataclass(frozen=True, slots=True)
class Standing:
    """One reviewer's last week beside an equal part of what was graded and what is late."""

    reviewer: User
    graded: int
    part: float

    @property
    def behind(self) -> int:
        return max(0, round(self.part) - self.graded)


def standings() -> list[Standing]:
    """The work of the last week in equal parts; who did less than a part is behind by the rest of it."""
    people = list(reviewers())
    since = timezone.now() - LOOKED_BACK
    graded = {person: verdicts_since(person, since) for person in people}
    part = (sum(graded.values()) + late().count()) / len(people) if people else 0.0
    found = [Standing(person, count, part) for person, count in graded.items()]
    return sorted(found, key=lambda each: (-each.behind, each.reviewer.email))


def reviewers() -> QuerySet[User]:
    return User.objects.filter(is_active=True, roles__contains=[Role.REVIEWER]).order_by("email")


def late() -> QuerySet[ReviewItem]:
    return ReviewItem.objects.filter(state__in=OPEN, due_at__lt=timezone.now())
