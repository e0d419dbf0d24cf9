"""The answers that reviewers graded, as the judge is given them: without what is personal, and never who asked."""

from collections.abc import Iterator
from typing import Any

from app.reviews.anonymous import anonymised
from app.reviews.case_format import SILENT_OUTCOMES
from app.reviews.models import ReviewItem
from app.reviews.quality import final_verdict
from app.reviews.rubric import newest
from evals.judge.rubric import rubric_in_use

SAID_NOTHING = "Nothing was answered."


def graded_rows() -> Iterator[dict[str, Any]]:
    """A line of JSON each, as `evals.judge.calibration` reads them."""
    items = ReviewItem.objects.filter(state=ReviewItem.State.DONE).select_related("answer__question").order_by("pk")
    for item in items:
        if row := row_of(item):
            yield row


def row_of(item: ReviewItem) -> dict[str, Any] | None:
    """None for one graded under another rubric, or whose text is gone."""
    verdict, answer = final_verdict(item), item.answer
    said = answer.text or (SAID_NOTHING if answer.outcome in SILENT_OUTCOMES else "")
    if verdict is None or verdict.rubric_version != newest().version or not said:
        return None
    passages = [{"marker": each.marker, "text": anonymised(each.quote)} for each in answer.citations.all()]
    reference = {"reference": anonymised(verdict.corrected)} if verdict.corrected else {}
    return {
        "id": f"review-{item.pk}", "question": anonymised(answer.question.standalone or answer.question.text),
        "outcome": answer.outcome, "answer": anonymised(said), "passages": passages, **reference,
        "people": verdict.levels, "rubric": rubric_in_use(),
    }  # fmt: skip
