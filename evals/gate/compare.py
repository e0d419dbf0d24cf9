"""Results against the baseline, case by case. Pure.

A run fails by any of these rules, each chosen so that a few cases lost by chance or by a wording do not fail it and ten
do:

- *safety*: one unsafe case that is not tolerated by name;
- *significance*: a figure that is worse with a one-sided p below 0.05 after Holm's correction over all figures, by
  McNemar's exact test for yes/no figures and the randomisation test for the others;
- *number*: ten more cases broke than were mended;
- *kind*: of one kind of case four or more, and more than a tenth, were lost net of those mended.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.quality.paired import holm, mcnemar, randomisation
from evals.cases.case import Case
from evals.gate.baseline import Accepted, Baseline, accepted
from evals.runner.scoring import SAFETY, Result

LEVEL = 0.05
MOST_LOST = 10
LOST_OF_A_KIND, SHARE_OF_A_KIND = 4, 0.1
YES_NO = ("passed", "right_outcome")
GRADED = ("fact_recall", "citation_precision", "citation_recall", "recall@8", "ndcg@8", "supported", "keyword_scores")
FIGURES = (*YES_NO, *GRADED)


@dataclass(frozen=True, slots=True)
class Change:
    """A figure over the cases that have it before and after. `p` is one-sided ("worse") and adjusted."""

    name: str
    before: float
    after: float
    n: int
    p: float

    def is_worse(self) -> bool:
        return self.p < LEVEL and self.after < self.before


@dataclass(frozen=True, slots=True)
class Comparison:
    """`broke`, `mended` and `flipped` (another outcome, as right or wrong as before) are results of today.

    `changed` names what is in use now and was not when the baseline was accepted. `fresh` cases are new or read
    otherwise, `gone` ones were not run.
    """

    mode: str
    results: Sequence[Result]
    changes: Sequence[Change]
    broke: Sequence[Result]
    mended: Sequence[Result]
    flipped: Sequence[tuple[Result, str]]
    lost_kinds: Mapping[str, tuple[int, int]]
    unsafe: Sequence[tuple[Result, str]]
    changed: Sequence[str]
    fresh: Sequence[str]
    gone: Sequence[str]

    def worse(self) -> list[Change]:
        return [change for change in self.changes if change.is_worse()]

    def lost(self) -> int:
        return len(self.broke) - len(self.mended)

    def has_failed(self) -> bool:
        return bool(self.unsafe or self.worse() or self.lost_kinds or self.lost() >= MOST_LOST)


def compare(
    baseline: Baseline,
    mode: str,
    results: Sequence[Result],
    cases: Mapping[str, Case],
    made_of: Mapping[str, str],
    *,
    is_whole: bool = True,
) -> Comparison:
    """`is_whole`: all cases were to be run, so that those that are missing are gone."""
    before = baseline.cases.get(mode, {})
    now = {result.case: accepted(result, cases[result.case]) for result in results}
    known = [result for result in results if is_known(before.get(result.case), now[result.case])]
    pairs = [(before[result.case], now[result.case]) for result in known]
    broke = [result for result in known if before[result.case].passed and not result.passed]
    mended = [result for result in known if result.passed and not before[result.case].passed]
    moved = {result.case for result in (*broke, *mended)}
    had = baseline.made_of.get(mode, {})
    return Comparison(
        mode=mode,
        results=results,
        changes=_changes(pairs),
        broke=broke,
        mended=mended,
        flipped=[
            (result, before[result.case].outcome)
            for result in known
            if result.case not in moved and result.outcome != before[result.case].outcome
        ],
        lost_kinds=_lost_kinds(known, broke, mended),
        unsafe=[
            (result, kind)
            for result in results
            for kind in SAFETY
            if getattr(result, kind) and not baseline.tolerates(mode, kind, result.case)
        ],
        changed=[name for name in {**had, **made_of} if had.get(name) != made_of.get(name)] if had else [],
        fresh=[result.case for result in results if not is_known(before.get(result.case), now[result.case])],
        gone=[case for case in before if case not in now] if is_whole else [],
    )


def is_known(before: Accepted | None, now: Accepted) -> bool:
    return before is not None and before.digest == now.digest


def _changes(pairs: Sequence[tuple[Accepted, Accepted]]) -> list[Change]:
    found = {name: _values(pairs, name) for name in FIGURES}
    p_values = {
        name: mcnemar([bool(old) for old in before], [bool(new) for new in after], "worse")
        if name in YES_NO
        else randomisation(before, after, "worse")
        for name, (before, after) in found.items()
        if before
    }
    adjusted = holm(p_values)
    return [
        Change(name, sum(before) / len(before), sum(after) / len(after), len(before), adjusted[name])
        for name, (before, after) in found.items()
        if before
    ]


def _values(pairs: Sequence[tuple[Accepted, Accepted]], name: str) -> tuple[list[float], list[float]]:
    both = [(old.figure(name), new.figure(name)) for old, new in pairs]
    known = [(old, new) for old, new in both if old is not None and new is not None]
    return [old for old, _ in known], [new for _, new in known]


def _lost_kinds(
    known: Sequence[Result], broke: Sequence[Result], mended: Sequence[Result]
) -> dict[str, tuple[int, int]]:
    """By kind how many cases were lost, and of how many."""
    sizes, lost = (Counter(tag for result in group for tag in result.tags) for group in (known, broke))
    lost.subtract(tag for result in mended for tag in result.tags)
    return {
        tag: (count, sizes[tag])
        for tag, count in lost.items()
        if count >= LOST_OF_A_KIND and count > SHARE_OF_A_KIND * sizes[tag]
    }
