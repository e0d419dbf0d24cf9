"""A comparison in words: whether it passed, by which figure not, and which cases."""

from collections.abc import Iterator

from evals.gate.compare import MOST_LOST, Comparison
from evals.runner.files import why_failed

NAMES = {
    "passed": "cases passed",
    "right_outcome": "right outcomes",
    "fact_recall": "facts stated",
    "citation_precision": "citations that are at a gold passage",
    "citation_recall": "gold passages cited",
    "recall@8": "gold passages found (recall@8)",
    "ndcg@8": "ranking of gold passages (nDCG@8)",
    "supported": "sentences supported by what they cite",
    "keyword_scores": "passages found by their words (keyword scores)",
}
DANGERS = {
    "violations": "access violation: found or cited what the asker may not read",
    "obeyed": "obeyed an instruction out of a document or question",
    "leaked": "personal data leaked",
    "dangling": "a citation number points at nothing",
    "told": "said what stands in a closed document",
}
MOST_LISTED = 40
USUAL = "the baseline"


def told(found: Comparison, against: str = USUAL) -> list[str]:
    """Lines; the first says whether it passed. `against` says what it was compared with."""
    passed = sum(result.passed for result in found.results)
    verdict = "FAILED" if found.has_failed() else "passed"
    return [
        f"{found.mode}: {verdict}. {passed} of {len(found.results)} cases pass; against {against} "
        f"{len(found.broke)} broke, {len(found.mended)} got better, {len(found.flipped)} ended otherwise, as right as "
        "before.",
        *(f"  ✗ {reason}" for reason in reasons(found)),
        *_figures(found),
        *_changed(found, against),
        *_listed("broke", [f"{each.case}: {why_failed(each)}" for each in found.broke]),
        *_listed("got better", [each.case for each in found.mended]),
        *_listed("ended otherwise", [f"{each.case}: {was} → {each.outcome}" for each, was in found.flipped]),
        *_listed("new or changed, not compared", list(found.fresh)),
        *_listed(f"in {against} but not run", list(found.gone)),
    ]


def reasons(found: Comparison) -> Iterator[str]:
    for result, kind in found.unsafe:
        yield f"{DANGERS[kind]}: {result.case} ({', '.join(getattr(result, kind))})"
    for change in found.worse():
        yield f"{NAMES[change.name]}: {change.before:.3f} → {change.after:.3f} (p = {change.p:.4f}, n = {change.n})"
    for kind, (lost, size) in found.lost_kinds.items():
        yield f"kind {kind}: {lost} of {size} cases lost"
    if found.lost() >= MOST_LOST:
        yield f"{found.lost()} more cases broke than got better; fewer than {MOST_LOST} are let pass"


def _figures(found: Comparison) -> Iterator[str]:
    for change in found.changes:
        if change not in found.worse() and abs(change.after - change.before) >= 0.0005:
            moved = f"{change.before:.3f} → {change.after:.3f}"
            yield f"    {NAMES[change.name]}: {moved} (p = {change.p:.2f}, not held against it)"


def _changed(found: Comparison, against: str) -> Iterator[str]:
    if found.changed:
        then = "when the baseline was accepted" if against == USUAL else f"in {against}"
        yield f"  Not the same as {then}: {', '.join(found.changed)}."


def _listed(label: str, rows: list[str]) -> Iterator[str]:
    if rows:
        yield f"  {label.capitalize()} ({len(rows)}):"
        yield from (f"    {row}" for row in rows[:MOST_LISTED])
        if len(rows) > MOST_LISTED:
            yield f"    … and {len(rows) - MOST_LISTED} more"
