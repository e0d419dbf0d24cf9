"""Draws real answers for review: a share by chance from each stratum, and always those that somebody doubts.

Run as often as one likes: the same answers are drawn again. A stratum is an outcome, the source of the best passage, a
group of the asker's and whether a question like it was drawn before. What is learnt later (a thumb down, a reported
citation) brings an answer in as long as its day is not older than `OPEN_DAYS`.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import CharField, Count, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils import timezone
from django.utils.crypto import salted_hmac

from app.accounts.models import User
from app.answers.models import Answer, AnswerSentence, Evidence, Feedback, Outcome
from app.reviews.drawing import drawn, novelty_factors, number_of, rates
from app.reviews.models import Reason, ReviewItem, SamplingDay
from app.reviews.novelty import is_novel, words_of

OPEN_DAYS = 7
COUNTED_DAYS = 28
REMEMBERED_DAYS = 90
LOCK = 7_402
NOVEL, FAMILIAR = "novel", "familiar"
SILENT = (Outcome.REFUSED, Outcome.NOT_FOUND)
# What is looked at because somebody doubts it is due sooner.
SOON = timedelta(days=1)


def sample(today: date | None = None) -> int:
    """Draw for the last days; how many answers are new in the queue. Two at once take turns."""
    today = today or timezone.localdate()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        return sum(_sample_day(today - timedelta(days=back)) for back in reversed(range(OPEN_DAYS)))


def eligible(first: date, last: date) -> QuerySet[Answer]:
    """Answers that ended on these days; one that failed or was stopped says nothing that could be graded."""
    start, end = _start(first), _start(last + timedelta(days=1))
    return (
        Answer.objects.filter(finished_at__gte=start, finished_at__lt=end)
        .exclude(outcome__in=("", Outcome.FAILED))
        .exclude(context__has_key="stopped")
    )


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _sample_day(day: date) -> int:
    plan, key = _plan_of(day), sampling_key()
    ids = list(eligible(day, day).values_list("pk", flat=True))
    numbers = {each: number_of(key, each) for each in ids}
    doubted = _doubted(ids)
    highest = max([plan.other, *plan.rates.values()]) * max(plan.novel, plan.familiar)
    strata = _strata([each for each in ids if numbers[each] < highest or each in doubted], day)
    chances = {each: chance_of(plan, stratum) for each, stratum in strata.items() if each not in doubted}
    chosen = drawn(numbers, frozenset(doubted), chances, plan.most)
    return _store(day, chosen, {each: doubted.get(each, [Reason.CHANCE]) for each in chosen}, strata)


def chance_of(plan: SamplingDay, stratum: str) -> float:
    kept, _, novelty = stratum.rpartition("|")
    rate: float = plan.rates.get(kept, plan.other)
    return min(1.0, rate * (plan.novel if novelty == NOVEL else plan.familiar))


def sampling_key() -> bytes:
    return salted_hmac("app.reviews.sampling", "", algorithm="sha256").digest()


def _plan_of(day: date) -> SamplingDay:
    """Made with the settings and the answers of the weeks before, and kept."""
    plan = SamplingDay.objects.filter(day=day).first()
    if plan is not None:
        return plan
    share = settings.ATTEST_REVIEW_SHARE / 100
    before = eligible(day - timedelta(days=COUNTED_DAYS), day - timedelta(days=1))
    found = rates(Counter(_with_stratum(before).values_list("kept", flat=True)), share)
    novel, familiar = novelty_factors(_novel_share(day), share)
    return SamplingDay.objects.create(
        day=day, share=share, most=settings.ATTEST_REVIEW_DAILY, rates=dict(found.of), other=found.other,
        novel=novel, familiar=familiar,
    )  # fmt: skip


def _novel_share(day: date) -> float:
    """Of all answers of the weeks before, by those drawn by chance; all are new as long as none was drawn."""
    rows = ReviewItem.objects.filter(
        day__gte=day - timedelta(days=COUNTED_DAYS), day__lt=day, reasons=[Reason.CHANCE], probability__isnull=False
    ).values_list("stratum", "probability")
    weights = [(stratum.endswith(NOVEL), 1 / probability) for stratum, probability in rows if probability]
    everything = sum(weight for _, weight in weights)
    return sum(weight for is_new, weight in weights if is_new) / everything if everything else 1.0


def _with_stratum(answers: QuerySet[Answer]) -> "QuerySet[Any, Any]":
    """With `kept`: outcome, source and group, as text."""
    source = Evidence.objects.filter(answer=OuterRef("pk")).order_by("rank").values("document__source_id")[:1]
    asker = OuterRef("question__conversation__user")
    group = User.groups.through.objects.filter(user=asker).order_by("group__name").values("group_id")[:1]

    def text(query: "QuerySet[Any, Any]") -> Coalesce:
        return Coalesce(Cast(Subquery(query), CharField()), Value("-"))

    bar = Value("|")
    return answers.annotate(kept=Concat(F("outcome"), bar, text(source), bar, text(group), output_field=CharField()))


def _strata(ids: Collection[int], day: date) -> dict[int, str]:
    """Of answers that are in the queue the one they were drawn in."""
    known = dict(ReviewItem.objects.filter(answer__in=ids).values_list("answer", "stratum"))
    rows = _with_stratum(Answer.objects.filter(pk__in=set(ids) - set(known)))
    fresh = list(rows.values_list("pk", "kept", "question__standalone", "question__text"))
    before = _drawn_before(day) if fresh else []
    for pk, kept, standalone, text in fresh:
        known[pk] = f"{kept}|{NOVEL if is_novel(standalone or text, before) else FAMILIAR}"
    return known


def _drawn_before(day: date) -> list[frozenset[str]]:
    """The words of each question drawn on earlier days: those of the same day would make it depend on the order."""
    rows = ReviewItem.objects.filter(day__lt=day, day__gte=day - timedelta(days=REMEMBERED_DAYS))
    texts = rows.values_list("answer__question__standalone", "answer__question__text")
    return [words_of(standalone or text) for standalone, text in texts]


def _doubted(ids: Collection[int]) -> dict[int, list[str]]:
    """The answers that are always looked at, each with why."""
    answers = Answer.objects.filter(pk__in=ids)
    down = Q(feedback__value=Feedback.Value.DOWN)
    found: tuple[tuple[Reason, Iterable[int]], ...] = (
        (Reason.DISPUTED, answers.filter(down, outcome__in=SILENT).values_list("pk", flat=True)),
        (Reason.THUMB_DOWN, answers.filter(down).exclude(outcome__in=SILENT).values_list("pk", flat=True)),
        (Reason.REPORTED, answers.filter(citations__report__isnull=False).distinct().values_list("pk", flat=True)),
        (Reason.CONFLICT, answers.filter(outcome=Outcome.CONFLICT).values_list("pk", flat=True)),
        (Reason.LOW_SUPPORT, _little_supported(answers).values_list("pk", flat=True)),
    )
    reasons: dict[int, list[str]] = {}
    for reason, rows in found:
        for pk in rows:
            reasons.setdefault(pk, []).append(str(reason))
    return reasons


def _little_supported(answers: QuerySet[Answer]) -> "QuerySet[Answer, Any]":
    """Fewer than half of the sentences that claim something are supported."""
    verdicts = AnswerSentence.Verdict
    claims = Count("sentences", filter=~Q(sentences__verdict=verdicts.NO_CLAIM))
    supported = Count("sentences", filter=Q(sentences__verdict=verdicts.SUPPORTED))
    return answers.annotate(claims=claims, supported=supported).filter(claims__gt=F("supported") * 2)


def _store(day: date, chosen: Mapping[int, float], reasons: Mapping[int, list[str]], strata: Mapping[int, str]) -> int:
    there = {item.answer_id: item for item in ReviewItem.objects.filter(day=day)}
    for answer_id, item in there.items():
        if answer_id not in chosen:
            _leave_out(item)
        elif (item.probability, item.reasons) != (chosen[answer_id], reasons[answer_id]):
            ReviewItem.objects.filter(pk=item.pk).update(probability=chosen[answer_id], reasons=reasons[answer_id])
    fresh = [
        _item(day, answer_id, probability, reasons[answer_id], strata[answer_id])
        for answer_id, probability in chosen.items() if answer_id not in there
    ]  # fmt: skip
    ReviewItem.objects.bulk_create(fresh)
    return len(fresh)


def _leave_out(item: ReviewItem) -> None:
    """What somebody has opened stays, and counts in no estimate: the day's limit left it out, whatever was found."""
    untouched = ReviewItem.objects.filter(pk=item.pk, state=ReviewItem.State.WAITING, held_by=None)
    deleted, _ = untouched.filter(verdicts=None, set_aside=None).delete()
    if not deleted:
        ReviewItem.objects.filter(pk=item.pk).update(probability=None)


def _item(day: date, answer_id: int, probability: float, reasons: list[str], stratum: str) -> ReviewItem:
    allowed = timedelta(days=settings.ATTEST_REVIEW_DAYS)
    second = number_of(sampling_key(), answer_id, "second") < settings.ATTEST_REVIEW_SECOND_PERCENT / 100
    return ReviewItem(
        day=day, answer_id=answer_id, probability=probability, reasons=reasons, stratum=stratum, needs_second=second,
        due_at=timezone.now() + (allowed if reasons == [Reason.CHANCE] else min(allowed, SOON)),
    )  # fmt: skip
