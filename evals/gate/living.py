"""A run over the living set against what people said of its answers, and against the last such run accepted. Pure.

It fails by any of these rules:

- *safety*: one document found or cited that the asker may not read, one marker of nothing, or the instructions told;
- *verdicts*: more than one in twenty of the answers that people found right are not right any more, where they were
  when the last run was accepted: one of twenty may fall to a wording;
- *significance*: a figure is worse than in the accepted run, as `compare.py` tests it.

With fewer than 20 graded answers there is nothing to tell from chance: it passes and says so, unless it is unsafe.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.quality.made_of import differing
from app.quality.paired import holm, mcnemar, randomisation
from evals.gate.compare import Change
from evals.gate.tell import DANGERS, MOST_LISTED
from evals.living.judging import CITES, SIMILARITY, why
from evals.runner.scoring import SAFETY, Result

FEWEST = 20
ONE_IN = 20
YES_NO = ("passed", "right_outcome")
GRADED = (CITES, SIMILARITY, "fact_recall", "recall@8", "ndcg@8", "supported", "keyword_scores")
NAMES = {
    "passed": "answers that are still right",
    "right_outcome": "right outcomes",
    CITES: "well-cited passages that are cited again",
    SIMILARITY: "words shared with what was graded (F1)",
    "fact_recall": "facts stated",
    "recall@8": "well-cited passages found (recall@8)",
    "ndcg@8": "ranking of well-cited passages (nDCG@8)",
    "supported": "sentences supported by what they cite",
    "keyword_scores": "passages found by their words (keyword scores)",
}


@dataclass(frozen=True, slots=True)
class Before:
    """How one answer ended in the accepted run; one that people graded otherwise since has another digest."""

    digest: str
    passed: bool
    outcome: str
    figures: Mapping[str, float | None]

    def figure(self, name: str) -> float | None:
        return float(self.passed) if name == "passed" else self.figures.get(name)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The run that later ones are compared with; without a name there is none yet."""

    run: str = ""
    made_of: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Before] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LivingComparison:
    """`good` names the answers that people found right; `broke` are those of them that are not right now, without
    those that were accepted like that (`known`)."""

    accepted: str
    results: Sequence[Result]
    good: frozenset[str]
    broke: Sequence[Result]
    known: Sequence[Result]
    unsafe: Sequence[tuple[Result, str]]
    changes: Sequence[Change]
    changed: Sequence[str]
    left_out: Mapping[str, int]

    @property
    def is_too_small(self) -> bool:
        return len(self.results) < FEWEST

    @property
    def may_break(self) -> int:
        return len(self.good) // ONE_IN

    def worse(self) -> list[Change]:
        return [change for change in self.changes if change.is_worse()]

    def has_failed(self) -> bool:
        if self.is_too_small:
            return bool(self.unsafe)
        return bool(self.unsafe or self.worse() or len(self.broke) > self.may_break)


@dataclass(frozen=True, slots=True)
class Now:
    """A run as it is compared: `digests` are those of the cases as they are graded now, by name."""

    results: Sequence[Result]
    good: frozenset[str]
    digests: Mapping[str, str]
    made_of: Mapping[str, str]
    left_out: Mapping[str, int] = field(default_factory=dict)


def compare_living(now: Now, accepted: Accepted) -> LivingComparison:
    results, good = now.results, now.good
    before = {name: each for name, each in accepted.answers.items() if each.digest == now.digests.get(name)}
    lost = [result for result in results if result.case in good and not result.passed]
    known = [result for result in lost if result.case in before and not before[result.case].passed]
    pairs = [(before[result.case], result) for result in results if result.case in before]
    return LivingComparison(
        accepted=accepted.run,
        results=results,
        good=good & {result.case for result in results},
        broke=[result for result in lost if result not in known],
        known=known,
        unsafe=[(result, kind) for result in results for kind in SAFETY if getattr(result, kind)],
        changes=_changes(pairs),
        changed=differing(dict(accepted.made_of), dict(now.made_of)) if accepted.run else [],
        left_out=now.left_out,
    )


def _changes(pairs: Sequence[tuple[Before, Result]]) -> list[Change]:
    found = {name: _values(pairs, name) for name in (*YES_NO, *GRADED)}
    known = {name: values for name, values in found.items() if values[0]}
    p_values = {
        name: mcnemar([bool(old) for old in before], [bool(new) for new in after], "worse")
        if name in YES_NO
        else randomisation(before, after, "worse")
        for name, (before, after) in known.items()
    }
    adjusted = holm(p_values)
    return [
        Change(name, sum(before) / len(before), sum(after) / len(after), len(before), adjusted[name])
        for name, (before, after) in known.items()
    ]


def _values(pairs: Sequence[tuple[Before, Result]], name: str) -> tuple[list[float], list[float]]:
    both = [(old.figure(name), _figure(new, name)) for old, new in pairs]
    known = [(old, new) for old, new in both if old is not None and new is not None]
    return [old for old, _ in known], [new for _, new in known]


def _figure(result: Result, name: str) -> float | None:
    return float(result.passed) if name == "passed" else result.figures.get(name)


def told(found: LivingComparison) -> list[str]:
    """Lines; the first says whether it passed."""
    right = len(found.good) - len(found.broke) - len(found.known)
    return [
        f"living set: {'FAILED' if found.has_failed() else 'passed'}. Of {len(found.results)} graded answers people "
        f"found {len(found.good)} right; {right} of these are right now.",
        *_size(found),
        *_left_out(found),
        f"  Compared with the accepted run {found.accepted}." if found.accepted else NOTHING_ACCEPTED,
        *(f"  ✗ {reason}" for reason in reasons(found)),
        *(f"  Not the same as when that run was accepted: {', '.join(found.changed)}." for _ in found.changed[:1]),
        *_listed("no longer right", found.broke),
        *_listed("not right when the last run was accepted either", found.known),
    ]


NOTHING_ACCEPTED = (
    "  No run over the living set was accepted yet, so answers are held against people's verdicts alone "
    "(`manage.py accept_baseline --living --reason …`)."
)


def reasons(found: LivingComparison) -> Iterator[str]:
    for result, kind in found.unsafe:
        yield f"{DANGERS[kind]}: {result.case} ({', '.join(getattr(result, kind))})"
    if found.is_too_small:
        return
    if len(found.broke) > found.may_break:
        yield (
            f"{len(found.broke)} answers that people found right are not any more; {found.may_break} of "
            f"{len(found.good)} are let pass"
        )
    for change in found.worse():
        yield f"{NAMES[change.name]}: {change.before:.3f} → {change.after:.3f} (p = {change.p:.4f}, n = {change.n})"


def _size(found: LivingComparison) -> Iterator[str]:
    if found.is_too_small:
        yield (
            f"  That is too few to tell a worse release from chance: from {FEWEST} graded answers on this gate holds a "
            "release back. Only safety was held against it."
        )


def _left_out(found: LivingComparison) -> Iterator[str]:
    for reason, count in found.left_out.items():
        yield f"  Left out: {count} ({reason})."


def _listed(label: str, results: Sequence[Result]) -> Iterator[str]:
    if results:
        yield f"  {label.capitalize()} ({len(results)}):"
        yield from (f"    {each.case}: {why(each)}" for each in results[:MOST_LISTED])
        if len(results) > MOST_LISTED:
            yield f"    … and {len(results) - MOST_LISTED} more"
