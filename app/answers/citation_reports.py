"""Reports of wrong citations: what a reader said is looked into, and settled once with what was found."""

import re
from typing import Any

from django.db import transaction
from django.utils import timezone

from app.accounts.models import User
from app.answers.models import Answer, Citation, CitationReport
from app.answers.shown import MARKERS_BEHIND
from app.audit.events import CITATION_REPORT_SETTLED, record_event

OPEN: dict[str, Any] = {"settled_at": None, "settled_by": None, "finding": "", "note": ""}
ENDS_A_SENTENCE = ".!?\n"
LIST_MARK = re.compile(r"^(?:[-*•]|\d{1,3}[.)])\s+")


def report_citation(citation: Citation, comment: str) -> bool:
    """Whether it is a new report. A later one replaces the comment, and one that was settled is open again."""
    _, is_new = CitationReport.objects.update_or_create(citation=citation, defaults={"comment": comment, **OPEN})
    return is_new


def take_back(citation: Citation) -> None:
    """What was settled stays: somebody has looked into it."""
    CitationReport.objects.filter(citation=citation, settled_at=None).delete()


def settle(actor: User, report: CitationReport, *, finding: str, note: str) -> None:
    with transaction.atomic():
        report.settled_at, report.settled_by = timezone.now(), actor
        report.finding, report.note = finding, note
        report.save(update_fields=["settled_at", "settled_by", "finding", "note"])
        record_event(
            actor, CITATION_REPORT_SETTLED, f"citation_report:{report.pk}",
            citation=report.citation_id, finding=finding,
        )  # fmt: skip


def claimed_with(answer: Answer, marker: int) -> list[str]:
    """The sentences of the answer that name the source, in their order."""
    checked = [each for each in answer.sentences.all() if marker in each.markers]
    if checked:
        return [answer.text[each.start : each.end].strip() for each in checked]
    return _found_by_marker(answer.text, f"[{marker}]")


def _found_by_marker(text: str, marker: str) -> list[str]:
    """Of an answer that was not checked: the words before each run of markers that has this one."""
    said, begin = [], 0
    for run in MARKERS_BEHIND.finditer(text):
        words = text[begin : run.start()]
        body = words.rstrip(ENDS_A_SENTENCE + " ")
        last = max((body.rfind(f"{end} ") for end in ".!?"), default=-1)
        last = max(last, body.rfind("\n"))
        if marker in run[0]:
            said.append(LIST_MARK.sub("", words[last + 1 :].strip()))
        begin = run.end()
    return [each for each in said if each]
