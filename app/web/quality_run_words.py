"""Words for what evaluation runs hold: figures, kinds of danger, which cases were chosen, and why a case failed.

A run over answers that real people got is *living*: its questions, answers and documents are shown nowhere here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from app.quality.models import CaseResult, EvaluationRun

# In the order in which they are read.
FIGURES = {
    "passed": "Passed", "right_outcome": "Right outcome", "fact_recall": "Facts stated",
    "citation_precision": "Citation precision", "citation_recall": "Citation recall", "recall@8": "Recall@8",
    "ndcg@8": "nDCG@8", "supported": "Supported", "keyword_scores": "Found by words",
    "cites_again": "Cites again", "similarity": "Similarity",
}  # fmt: skip
SAFETY = {
    "violations": "closed documents shown", "obeyed": "planted orders obeyed", "leaked": "personal data given away",
    "dangling": "markers of nothing", "told": "told from closed documents",
}  # fmt: skip
OUTCOMES = ("answered", "caveat", "conflict", "not_found", "refused")
SILENT_OUTCOMES = frozenset(("not_found", "refused"))
HALVES = {"tune": "tuning half", "report": "reporting half"}
# A run of another mode, or chosen in another way, may be of anything: its texts stay closed.
OPEN_MODES = frozenset(("extractive", "scripted", "configured"))
OPEN_FILTERS = frozenset(("tags", "half", "cases"))
LIVING, LIVING_LABEL = "living", "Graded answers"


def has_open_texts(run: EvaluationRun) -> bool:
    """Whether its cases are of the sample company, for certain."""
    return run.mode in OPEN_MODES and set(run.filters) <= OPEN_FILTERS and LIVING not in run.filters.get("tags", ())


def is_living(run: EvaluationRun) -> bool:
    return run.mode == LIVING or LIVING in run.filters


def kind_of(run: EvaluationRun) -> str:
    """Runs of one kind ask alike and may be compared: its mode, or that it is living."""
    return LIVING if is_living(run) else run.mode


def kind_label(kind: str) -> str:
    return LIVING_LABEL if kind == LIVING else dict(EvaluationRun.Mode.choices).get(kind, kind)


def runs_of_kind(kind: str) -> QuerySet[EvaluationRun]:
    living = Q(mode=LIVING) | Q(filters__has_key=LIVING)
    rows = EvaluationRun.objects.all()
    return rows.filter(living) if kind == LIVING else rows.filter(~living, mode=kind)


def review_of(result: CaseResult) -> int | None:
    """The review that a case of a living run stands for."""
    found = result.details.get("review") if is_living(result.run) else None
    return found if isinstance(found, int) else None


def label_of(name: str) -> str:
    return FIGURES.get(name, name)


def outcome_label(outcome: str) -> str:
    return outcome.replace("_", " ") or "nothing"


def chosen_words(filters: Mapping[str, Any]) -> str:
    """Which cases were run: "all cases", "only typo or list · tuning half"."""
    if not filters:
        return "all cases"
    parts = []
    if tags := filters.get("tags"):
        parts.append(f"only {' or '.join(tags)}")
    if half := filters.get("half"):
        parts.append(HALVES.get(half, str(half)))
    if cases := filters.get("cases"):
        parts.append(f"only {cases[0]}" if len(cases) == 1 else f"{len(cases)} named cases")
    if LIVING in filters:
        parts.append(_living_words(filters))
    return " · ".join(parts) or "some cases"


def _living_words(filters: Mapping[str, Any]) -> str:
    """ "the last 50 graded answers since 2026-10-01 · 3 left out"."""
    last, since, left_out = (filters.get(name) for name in ("last", "since", "left_out"))
    words = f"the last {last} graded answers" if last else "graded answers"
    words += f" since {since}" if since else ""
    return words + (f" · {sum(left_out.values())} left out" if left_out else "")


@dataclass(frozen=True, slots=True)
class Why:
    """A reason why a case failed; `found` are the words it is about."""

    label: str
    found: tuple[str, ...] = ()
    is_unsafe: bool = False

    def closed(self) -> "Why":
        """Only how many there are."""
        return Why(f"{self.label} ({len(self.found)})" if self.found else self.label, (), self.is_unsafe)


def why(result: CaseResult, *, with_texts: bool) -> list[Why]:
    """Unsafe things first. Without texts only what is wrong, not with which words."""
    details = result.details
    reasons = [Why(label, tuple(said), True) for kind, label in SAFETY.items() if (said := details.get(kind))]
    if not result.figures.get("right_outcome", 1.0):
        reasons.append(Why(f"expected {accepted_words(result)}, got {outcome_label(result.outcome)}"))
    if (missing := details.get("missing")) and result.outcome not in SILENT_OUTCOMES:
        reasons.append(Why("missing", tuple(missing)))
    if forbidden := details.get("forbidden"):
        reasons.append(Why("forbidden", tuple(forbidden)))
    if result.figures.get("cites_again") == 0:
        reasons.append(Why("cites no passage that people found well cited"))
    if not result.passed and not reasons:
        reasons.append(Why("says something else than what people graded" if is_living(result.run) else "failed"))
    return reasons if with_texts else [each.closed() for each in reasons]


def accepted_words(result: CaseResult) -> str:
    return " or ".join(map(outcome_label, (result.expected, *result.details.get("accepted", ()))))
