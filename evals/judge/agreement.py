"""How far the judge agrees with people on the same answers, criterion by criterion, and whether that is far enough."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.quality.intervals import Figure
from evals.judge.rubric import LEVELS, Verdict
from evals.metrics.agreement import Agreement, agreement, band
from evals.metrics.table import NOTHING

# A judge may stand in for people on a criterion from here on: "substantial" agreement (Landis and Koch 1977) at the low
# end of the interval, over enough answers. Two people seldom agree better on graded answers.
KAPPA_AT_LEAST = 0.6
ANSWERS_AT_LEAST = 50
# One that leaves answers ungraded has chosen those on which it is compared.
SHARE_AT_LEAST = 0.9


@dataclass(frozen=True, slots=True)
class Pair:
    """The verdicts on one answer; `judge` is None where the judge gave none."""

    people: Verdict
    judge: Verdict | None


def agreements(pairs: Sequence[Pair]) -> dict[str, Agreement]:
    """By criterion, over the answers that both graded. Levels in order weigh by the square of their distance."""
    both = [(pair.people, pair.judge) for pair in pairs if pair.judge is not None]
    return {
        name: agreement(
            [people.levels[name] for people, _ in both], [judge.levels[name] for _, judge in both], levels,
            "quadratic" if len(levels) > 2 else "none",
        )
        for name, levels in LEVELS.items()
    }  # fmt: skip


def may_be_relied_on(found: Agreement, given: int) -> bool:
    """`given` is how many answers the judge was given.

    A kappa that is undefined (everything had one level) shows nothing, however often both said the same.
    """
    is_enough = found.n >= max(ANSWERS_AT_LEAST, SHARE_AT_LEAST * given)
    return found.kappa is not None and is_enough and found.kappa.low >= KAPPA_AT_LEAST


def rows(pairs: Sequence[Pair]) -> list[str]:
    """Markdown: agreement by criterion, how many answers the judge left, and the confusion of each criterion."""
    found = agreements(pairs)
    graded = sum(pair.judge is not None for pair in pairs)
    return [
        "| criterion | answers | same level | kappa | in words | may be relied on |",
        "|---|---|---|---|---|---|",
        *(_row(name, each, len(pairs)) for name, each in found.items()),
        "",
        f"The judge graded {graded} of {len(pairs)} answers. {_conclusion(found, len(pairs))} For that it takes "
        f"{ANSWERS_AT_LEAST} answers, {SHARE_AT_LEAST:.0%} of those it was given, and a kappa of {KAPPA_AT_LEAST:g} at "
        "the low end of its interval.",
        *_confusions(found),
    ]


def _conclusion(found: Mapping[str, Agreement], given: int) -> str:
    relied_on = [name for name, each in found.items() if may_be_relied_on(each, given)]
    return f"It may be relied on for: {', '.join(relied_on)}." if relied_on else "It may not be relied on for anything."


def _row(name: str, found: Agreement, given: int) -> str:
    words = band(found.kappa.value) if found.kappa else "undefined"
    relied_on = "yes" if may_be_relied_on(found, given) else "no"
    return f"| {name} | {found.n} | {_cell(found.observed)} | {_cell(found.kappa)} | {words} | {relied_on} |"


def _cell(figure: Figure | None) -> str:
    return f"{figure.value:.2f} ({figure.low:.2f}–{figure.high:.2f})" if figure else NOTHING


def _confusions(found: Mapping[str, Agreement]) -> list[str]:
    return [
        line for name, each in found.items() for line in ("", f"{name}:", "", *each.confusion.rows("people", "judge"))
    ]
