"""Graded answers as cases: what was asked, with whose rights, and what people said a right answer is.

A verdict holds for what its documents said. Where a cited passage is no longer there, or no longer open to its asker,
the world has moved on and the answer is left out, and counted.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.answers.models import Answer, Question
from app.answers.shown import MARKERS_BEHIND
from app.corpus.access import Reader, reader_for
from app.corpus.models import Document
from app.reviews.case_format import OUTCOMES, SILENT_OUTCOMES
from app.reviews.models import CaseDraft, ReviewItem, Verdict
from app.reviews.quality import final_levels, final_verdict
from app.reviews.rubric import newest
from evals.cases.case import Case, Gold
from evals.cases.quoting import stands_in

# Whoever graded by these looked at more than the wording: an answer that is best in all three must stay as right.
RIGHT = ("correct", "outcome", "safe")
GOOD, OTHERS, FOLLOW_UP = "graded-good", "graded-lower", "follow-up"
MOVED_ON = "a cited passage has changed, is gone or is closed to its asker"
NO_OUTCOME = "its outcome was wrong and nobody said which is right"
NOBODY_ASKS = "its asker has no active account"
OLDER_RUBRIC = "graded under an older rubric"


@dataclass(frozen=True, slots=True)
class LivingCase:
    """`case` is what scoring reads; its documents are named by their number and it does not say who asks.

    `is_good`: people found the answer right, so that a right answer must stay. `is_best`: at its best in everything, so
    that `case.reference` is the answer itself.
    """

    item_id: int
    question: Question
    reader: Reader
    case: Case
    is_good: bool
    is_best: bool


@dataclass(frozen=True, slots=True)
class LivingSet:
    """`left_out` counts graded answers that are no cases, by why."""

    cases: tuple[LivingCase, ...]
    left_out: Mapping[str, int]


def living_set(last: int = 0, since: date | None = None) -> LivingSet:
    """Of all graded answers, or the `last` so many of them, or those given on or after the day `since`."""
    items = ReviewItem.objects.filter(state=ReviewItem.State.DONE)
    if since is not None:
        items = items.filter(day__gte=since)
    rows = items.select_related("answer__question__conversation__user", "case").order_by("-day", "-pk")
    chosen = list(rows[:last] if last else rows)
    levels = final_levels(chosen, newest().version)
    made = [_made(item, levels.get(item.pk)) for item in reversed(chosen)]
    return LivingSet(
        tuple(each for each in made if isinstance(each, LivingCase)),
        Counter(each for each in made if isinstance(each, str)),
    )


def name_of(item: ReviewItem) -> str:
    return f"review-{item.pk}"


def _made(item: ReviewItem, levels: Mapping[str, int] | None) -> LivingCase | str:
    """The case, or why there is none."""
    asker, verdict = item.answer.question.conversation.user, final_verdict(item)
    if levels is None or verdict is None:
        return OLDER_RUBRIC
    if not asker.is_active:
        return NOBODY_ASKS
    expected = expected_outcome(item.answer, levels, verdict)
    if not expected:
        return NO_OUTCOME
    reader, is_silent = reader_for(asker), expected in SILENT_OUTCOMES
    passages = () if is_silent else standing(item.answer, reader)
    if passages is None:
        return MOVED_ON
    best = {each.name: each.best for each in newest().criteria}
    is_best = dict(levels) == best
    draft = _draft_of(item)
    return LivingCase(
        item_id=item.pk,
        question=item.answer.question,
        reader=reader,
        case=Case(
            id=name_of(item), question=item.answer.question.text, asker="", history=(), expected=expected,
            also_accepted=_also_accepted(draft, expected), reference=_reference(item.answer, verdict, is_best=is_best),
            must=tuple(tuple(fact) for fact in draft.facts) if draft and not is_silent else (),
            must_not=tuple(draft.must_not) if draft else (),
            gold=passages if levels["cited"] == best["cited"] else (), tags=_tags(item, levels, best),
            author="", reviewed="",
        ),
        is_good=_is_good(levels, best),
        is_best=is_best,
    )  # fmt: skip


def expected_outcome(answer: Answer, levels: Mapping[str, int], verdict: Verdict) -> str:
    """As it ended where that was right, else as the reviewers said; "" where they did not.

    What was quoted because a model was away counts as answered: it would be, with the model there.
    """
    if levels["outcome"] < max(newest().levels["outcome"]):
        return verdict.outcome if verdict.outcome in OUTCOMES else ""
    return answer.outcome if answer.outcome in OUTCOMES else "answered"


def standing(answer: Answer, reader: Reader) -> tuple[Gold, ...] | None:
    """The passages that the answer cites, by number of document; None where one of them does not stand any more."""
    rows = list(answer.citations.select_related("evidence"))
    wanted = {row.evidence.document_id for row in rows}
    texts = texts_of([pk for pk in wanted if pk is not None], reader)
    cited = [(row.evidence.document_id, row.quote) for row in rows]
    if not cited and answer.outcome not in SILENT_OUTCOMES:
        # What it rested on was erased.
        return None
    if not all(pk in texts and quote.strip() and stands_in(quote, texts[pk]) for pk, quote in cited):
        return None
    return tuple(Gold(str(pk), quote) for pk, quote in dict.fromkeys(cited))


def texts_of(documents: Sequence[int], reader: Reader) -> dict[int | None, str]:
    """What the documents say now, of those that `reader` may read."""
    found = Document.objects.readable_by(reader).searchable().filter(pk__in=documents)
    return dict(found.values_list("pk", "current_version__text"))


def _is_good(levels: Mapping[str, int], best: Mapping[str, int]) -> bool:
    return all(levels[name] == best[name] for name in RIGHT)


def _tags(item: ReviewItem, levels: Mapping[str, int], best: Mapping[str, int]) -> tuple[str, ...]:
    question = item.answer.question
    before = Question.objects.filter(conversation=question.conversation_id, pk__lt=question.pk)
    return (GOOD if _is_good(levels, best) else OTHERS, *([FOLLOW_UP] if before.exists() else []))


def _reference(answer: Answer, verdict: Verdict, *, is_best: bool) -> str:
    return verdict.corrected or (MARKERS_BEHIND.sub("", answer.text).strip() if is_best else "")


def _draft_of(item: ReviewItem) -> CaseDraft | None:
    """The case that was drafted from it, unless it was sent back."""
    draft: CaseDraft | None = getattr(item, "case", None)
    return draft if draft is not None and draft.state != CaseDraft.State.REFUSED else None


def _also_accepted(draft: CaseDraft | None, expected: str) -> tuple[str, ...]:
    if draft is None:
        return ()
    return tuple(each for each in dict.fromkeys([draft.expected, *draft.also_accepted]) if each != expected)
