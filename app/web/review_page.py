"""What the pages of reviews show: one answer with its form or its verdicts, and figures in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.accounts.models import User
from app.corpus.access import Reader
from app.reviews.models import ReviewItem, Verdict
from app.reviews.quality import ALL_BEST, Quality
from app.reviews.queue import Opened, Progress
from app.reviews.readable import readable_items
from app.reviews.rubric import RUBRICS, newest
from app.reviews.seen import Seen
from app.web.review_forms import SetAsideForm, VerdictForm

Round, State = Verdict.Round, ReviewItem.State
MOST_GRADED = 12
LOOKED_THROUGH = 60


@dataclass(frozen=True, slots=True)
class QualityRow:
    """In percent of the best."""

    label: str
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class SaidOf:
    """What each verdict says of one criterion, in the order of the verdicts."""

    label: str
    levels: tuple[int | None, ...]
    best: int

    @property
    def differs(self) -> bool:
        return len(set(self.levels)) > 1


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """`opened` and `form` are None where the reviewer cannot grade it now; `why_not` says why."""

    item: ReviewItem
    seen: Seen
    progress: Progress
    verdicts: Sequence[Verdict]
    opened: Opened | None = None
    form: VerdictForm | None = None
    aside: SetAsideForm | None = None
    why_not: str = ""
    problem: str = ""

    @property
    def said(self) -> list[SaidOf]:
        rubric = RUBRICS.get(self.verdicts[0].rubric_version, newest()) if self.verdicts else newest()
        return [
            SaidOf(each.label, tuple(verdict.levels.get(each.name) for verdict in self.verdicts), each.best)
            for each in rubric.criteria
        ]

    @property
    def is_resolution(self) -> bool:
        return self.opened is not None and self.opened.round == Round.RESOLUTION

    @property
    def is_done(self) -> bool:
        return self.item.state == State.DONE and self.opened is None


def verdicts_shown(item: ReviewItem, user: User, opened: Opened | None) -> list[Verdict]:
    """Those that whoever resolves needs, or all of a finished one; before that only one's own: others are blind."""
    rows = item.verdicts.filter(withdrawn_at=None).exclude(round=Round.CALIBRATION)
    if opened is not None:
        return list(rows) if opened.round == Round.RESOLUTION else []
    if item.state in (State.DONE, State.CLOSED):
        return list(rows)
    return list(rows.filter(reviewer=user))


def taken_back(item: ReviewItem, user: User, opened: Opened) -> Verdict | None:
    """The user's last verdict on it that was undone, if the rubric is still the same."""
    mine = item.verdicts.filter(reviewer=user, rubric_version=opened.rubric.version)
    return mine.exclude(withdrawn_at=None).last()


def quality_rows(found: Quality) -> list[QualityRow]:
    labels = {each.name: each.label for each in newest().criteria} | {ALL_BEST: "Best in everything"}
    return [
        QualityRow(labels[name], 100 * each.value, max(0.0, 100 * each.low), min(100.0, 100 * each.high), each.n)
        for name, each in found.estimates.items()
    ]


def graded_lately(user: User, reader: Reader) -> list[ReviewItem]:
    """Finished ones that the reader may read; of calibration only those that the user has graded."""
    mine = Verdict.objects.filter(reviewer=user, withdrawn_at=None).values("item")
    done = ReviewItem.objects.filter(state=State.DONE).exclude(answer__question__conversation__user=user)
    unseen = done.filter(calibration__isnull=False, calibration__retired_at=None).exclude(pk__in=mine)
    rows = done.exclude(pk__in=unseen.values("pk")).select_related("answer__question", "case").order_by("-pk")
    return readable_items(list(rows[:LOOKED_THROUGH]), reader)[:MOST_GRADED]
