"""`manage.py export_graded FILE`: graded answers as `calibrate_judge` reads them, without what is personal."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from app.reviews.anonymous import anonymised
from app.reviews.models import ReviewItem
from app.reviews.quality import final_verdict
from app.reviews.rubric import newest


class Command(BaseCommand):
    help = "Write the answers that people graded to FILE, a line of JSON each, to calibrate a judge with."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, **options: Any) -> None:
        items = ReviewItem.objects.filter(state=ReviewItem.State.DONE).select_related("answer__question").order_by("pk")
        rows = [row for item in items if (row := row_of(item))]
        options["file"].write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows))
        self.stdout.write(f"{len(rows)} graded answers in {options['file']}. They quote documents: keep them inside.")


def row_of(item: ReviewItem) -> dict[str, Any] | None:
    """None for one graded under another rubric, or whose text is gone."""
    verdict, answer = final_verdict(item), item.answer
    if verdict is None or verdict.rubric_version != newest().version or not answer.text:
        return None
    passages = [{"marker": each.marker, "text": anonymised(each.quote)} for each in answer.citations.all()]
    reference = {"reference": anonymised(verdict.corrected)} if verdict.corrected else {}
    return {
        "id": f"review-{item.pk}", "question": anonymised(answer.question.standalone or answer.question.text),
        "outcome": answer.outcome, "answer": anonymised(answer.text), "passages": passages, **reference,
        "people": verdict.levels,
    }  # fmt: skip
