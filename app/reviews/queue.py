"""The queue: which answer a reviewer gets next, who holds it, and what becomes of it when it is graded or set aside.

The first verdict and the second are blind to each other; where they differ a third person decides. Whoever asked does
not grade their own answer, and nobody grades one twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from app.accounts.models import User
from app.audit.events import (
    REVIEW_FLAG_SETTLED,
    REVIEW_FLAGGED,
    REVIEW_SKIPPED,
    REVIEW_UNDONE,
    REVIEW_VERDICT_GIVEN,
    record_event,
)
from app.corpus.access import Reader
from app.reviews.agreement import disagree
from app.reviews.models import OPEN, ReviewItem, SetAside, Verdict
from app.reviews.readable import readable_items
from app.reviews.rubric import RUBRICS, Rubric, newest

State, Round = ReviewItem.State, Verdict.Round
ROUND_OF = {State.WAITING: Round.FIRST, State.SECOND: Round.SECOND, State.RESOLVING: Round.RESOLUTION}
STATE_OF = {round_: state for state, round_ in ROUND_OF.items()}
# Of so many answers that somebody grades, one has a verdict that is known already.
CALIBRATE_EVERY = 10
UNDO_FOR = timedelta(hours=1)
MOST_LOOKED_AT = 500


class NotYoursError(Exception):
    """The reviewer cannot grade this answer now; the sentence says why and what to do."""

    permanent = True


@dataclass(frozen=True, slots=True)
class Opened:
    item: ReviewItem
    round: str
    rubric: Rubric


@dataclass(frozen=True, slots=True)
class Given:
    """What a reviewer says of an answer. `levels` are checked against the rubric."""

    levels: Mapping[str, object]
    errors: Sequence[str] = ()
    outcome: str = ""
    corrected: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far somebody is today: `position` of `total`."""

    done: int
    waiting: int
    closed_to_them: int = field(default=0)

    @property
    def position(self) -> int:
        return min(self.done + 1, self.total)

    @property
    def total(self) -> int:
        return self.done + self.waiting


def open_for(reviewer: User) -> QuerySet[ReviewItem]:
    """What the reviewer could grade now, the most urgent first, whether or not they may read it."""
    now = timezone.now()
    graded = Verdict.objects.filter(reviewer=reviewer, withdrawn_at=None).values("item")
    skipped = SetAside.objects.filter(reviewer=reviewer, withdrawn_at=None, kind=SetAside.Kind.SKIP).values("item")
    held_by_another = Q(held_until__gt=now) & ~Q(held_by=reviewer) & Q(held_by__isnull=False)
    return (
        ReviewItem.objects.filter(state__in=OPEN)
        .exclude(held_by_another)
        .exclude(pk__in=graded)
        .exclude(pk__in=skipped)
        .exclude(answer__question__conversation__user=reviewer)
        .select_related("answer__question")
        .order_by("due_at", "pk")
    )


def next_for(reviewer: User, reader: Reader) -> ReviewItem | None:
    """The next to grade; now and then one whose verdict is known, which nobody is told."""
    if _is_calibration_due(reviewer):
        known = readable_items(list(_calibration_for(reviewer)[:MOST_LOOKED_AT]), reader)
        if known:
            return known[0]
    waiting = readable_items(list(open_for(reviewer)[:MOST_LOOKED_AT]), reader)
    return waiting[0] if waiting else None


def progress_of(reviewer: User, reader: Reader) -> Progress:
    items = list(open_for(reviewer)[:MOST_LOOKED_AT])
    waiting = len(readable_items(items, reader))
    return Progress(verdicts_since(reviewer, _today()), waiting, len(items) - waiting)


def verdicts_since(reviewer: User, since: datetime) -> int:
    return Verdict.objects.filter(reviewer=reviewer, withdrawn_at=None, created_at__gte=since).count()


def _today() -> datetime:
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def _is_calibration_due(reviewer: User) -> bool:
    graded = Verdict.objects.filter(reviewer=reviewer, withdrawn_at=None).count()
    return graded % CALIBRATE_EVERY == CALIBRATE_EVERY - 1


def _calibration_for(reviewer: User) -> QuerySet[ReviewItem]:
    graded = Verdict.objects.filter(reviewer=reviewer, withdrawn_at=None).values("item")
    skipped = SetAside.objects.filter(reviewer=reviewer, withdrawn_at=None).values("item")
    return (
        ReviewItem.objects.filter(state=State.DONE, calibration__retired_at=None, calibration__isnull=False)
        .exclude(pk__in=graded)
        .exclude(pk__in=skipped)
        .exclude(answer__question__conversation__user=reviewer)
        .select_related("answer__question")
        .order_by("calibration__created_at", "pk")
    )


@transaction.atomic
def open_item(item_id: int, reviewer: User) -> Opened:
    """Keep the answer for the reviewer for some minutes. Raises NotYoursError; ReviewItem.DoesNotExist."""
    item = ReviewItem.objects.select_for_update().get(pk=item_id)
    round_ = round_for(item, reviewer)
    if round_ == Round.CALIBRATION:
        return Opened(item, round_, newest())
    now = timezone.now()
    if _is_held_by_another(item, reviewer, now):
        raise NotYoursError("Somebody else is grading this answer. Take the next one.")
    is_going_on = item.held_by_id == reviewer.pk and item.held_until is not None and item.held_until > now
    if not is_going_on or item.held_rubric not in RUBRICS:
        item.held_rubric = newest().version
    item.held_by, item.held_until = reviewer, now + timedelta(minutes=settings.ATTEST_REVIEW_LOCK_MINUTES)
    item.save(update_fields=["held_by", "held_until", "held_rubric"])
    return Opened(item, round_, RUBRICS[item.held_rubric or newest().version])


def round_for(item: ReviewItem, reviewer: User) -> str:
    """Which verdict the reviewer would give. Raises NotYoursError."""
    if item.answer.question.conversation.user_id == reviewer.pk:
        raise NotYoursError("You asked this yourself, so somebody else grades it.")
    if item.verdicts.filter(reviewer=reviewer, withdrawn_at=None).exists():
        raise NotYoursError("You have graded this answer.")
    if item.state in ROUND_OF:
        return ROUND_OF[State(item.state)]
    if item.state == State.DONE and hasattr(item, "calibration") and item.calibration.retired_at is None:
        return Round.CALIBRATION
    raise NotYoursError("Nobody has to grade this answer any more.")


def _is_held_by_another(item: ReviewItem, reviewer: User, now: datetime) -> bool:
    return item.held_by_id not in (None, reviewer.pk) and item.held_until is not None and item.held_until > now


@transaction.atomic
def save_verdict(item_id: int, reviewer: User, given: Given, rubric_version: int) -> Verdict:
    """Record it under the rubric that the answer was opened with. Raises NotYoursError, GradesError."""
    item = ReviewItem.objects.select_for_update().get(pk=item_id)
    round_ = round_for(item, reviewer)
    rubric = RUBRICS.get(rubric_version, newest())
    if round_ != Round.CALIBRATION:
        if item.held_by_id != reviewer.pk:
            raise NotYoursError("Your time for this answer ran out, and somebody else has it now. Take the next one.")
        rubric = RUBRICS[item.held_rubric or newest().version]
    verdict = Verdict.objects.create(
        item=item, reviewer=reviewer, round=round_, rubric_version=rubric.version, rubric_hash=rubric.hash,
        levels=rubric.checked(given.levels), errors=list(given.errors), outcome=given.outcome,
        corrected=given.corrected, comment=given.comment,
    )  # fmt: skip
    if round_ != Round.CALIBRATION:
        _move(item, _after(item, verdict))
    record_event(reviewer, REVIEW_VERDICT_GIVEN, f"review:{item.pk}", round=round_, rubric=rubric.version)
    return verdict


def _after(item: ReviewItem, verdict: Verdict) -> str:
    if verdict.round == Round.FIRST:
        return State.SECOND if item.needs_second else State.DONE
    if verdict.round == Round.SECOND:
        first = item.verdicts.get(round=Round.FIRST, withdrawn_at=None)
        return State.RESOLVING if disagree(first.levels, verdict.levels) else State.DONE
    return State.DONE


def _move(item: ReviewItem, state: str) -> None:
    """Into another state, held by nobody."""
    item.state, item.held_by, item.held_until, item.held_rubric = state, None, None, None
    item.save(update_fields=["state", "held_by", "held_until", "held_rubric"])


@transaction.atomic
def set_aside(item_id: int, reviewer: User, *, kind: str, why: str, note: str = "") -> SetAside:
    """Skip it, and others get it; or flag it, and nobody does until an admin has looked at it. Raises NotYoursError."""
    item = ReviewItem.objects.select_for_update().get(pk=item_id)
    round_for(item, reviewer)
    if _is_held_by_another(item, reviewer, timezone.now()):
        raise NotYoursError("Somebody else is grading this answer. Take the next one.")
    made = SetAside.objects.create(item=item, reviewer=reviewer, kind=kind, why=why, note=note, state_before=item.state)
    if item.is_open:
        _move(item, State.FLAGGED if kind == SetAside.Kind.FLAG else item.state)
    act = REVIEW_FLAGGED if kind == SetAside.Kind.FLAG else REVIEW_SKIPPED
    record_event(reviewer, act, f"review:{item.pk}", why=why)
    return made


@transaction.atomic
def undo_last(reviewer: User) -> ReviewItem:
    """Take back the reviewer's last act of the last hour, unless somebody has built on it. Raises NotYoursError."""
    last = last_act(reviewer)
    if last is None:
        raise NotYoursError("There is nothing of yours to undo: it is possible for an hour.")
    item = ReviewItem.objects.select_for_update().get(pk=last.item_id)
    state = _state_before(item, last)
    last.withdrawn_at = timezone.now()
    last.save(update_fields=["withdrawn_at"])
    if item.state != state:
        _move(item, state)
    record_event(reviewer, REVIEW_UNDONE, f"review:{item.pk}", act=type(last).__name__.lower())
    return item


def last_act(reviewer: User) -> Verdict | SetAside | None:
    """What `undo_last` would take back."""
    mine = {"reviewer": reviewer, "withdrawn_at": None, "created_at__gt": timezone.now() - UNDO_FOR}
    acts = [Verdict.objects.filter(**mine).last(), SetAside.objects.filter(**mine).last()]
    return max((each for each in acts if each is not None), key=lambda act: act.created_at, default=None)


def _state_before(item: ReviewItem, last: Verdict | SetAside) -> str:
    if isinstance(last, SetAside):
        is_settled = last.kind == SetAside.Kind.FLAG and item.is_open
        if is_settled or (last.kind == SetAside.Kind.FLAG and item.state == State.CLOSED):
            raise NotYoursError("An admin has settled this flag, so it cannot be undone.")
        return last.state_before if item.state == State.FLAGGED else item.state
    later = item.verdicts.filter(withdrawn_at=None, created_at__gt=last.created_at).exclude(round=Round.CALIBRATION)
    if last.round != Round.CALIBRATION and (later.exists() or hasattr(item, "calibration") or hasattr(item, "case")):
        raise NotYoursError("Somebody has worked on with this verdict, so it cannot be undone.")
    return STATE_OF.get(Round(last.round), State(item.state)) if last.round != Round.CALIBRATION else item.state


@transaction.atomic
def settle_flag(item_id: int, admin: User, *, is_back: bool) -> ReviewItem:
    """Back into the queue, or out of it for good. Raises NotYoursError if it is not flagged."""
    item = ReviewItem.objects.select_for_update().get(pk=item_id)
    flag = item.set_aside.filter(kind=SetAside.Kind.FLAG, withdrawn_at=None).last()
    if item.state != State.FLAGGED or flag is None:
        raise NotYoursError("Somebody has settled this flag already.")
    _move(item, flag.state_before if is_back else State.CLOSED)
    record_event(admin, REVIEW_FLAG_SETTLED, f"review:{item.pk}", back=is_back)
    return item
