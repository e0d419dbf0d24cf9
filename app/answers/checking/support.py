"""How far passages support a sentence: shared words, nearness in meaning, and what of its particulars they lack.

The score is a logistic regression over shared words and cosines, fitted on the tuning half of
`evals/datasets/support.jsonl` (`manage.py measure support` prints how it does on the other half). A number, date,
name or negation that the passages do not hold counts on top of it: two sentences that differ in one figure are as near
as two sentences can be.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.answers.checking.claims import Claim
from app.answers.checking.particulars import missing
from app.answers.checking.source import Source, Stated
from app.answers.checking.words import content_stems

Problem = dict[str, str]
INTERCEPT = -5.8
WEIGHTS = {"best": 3.7, "passage": 3.8, "near": 4.8}
SUPPORTED, WEAK = 0.5, 0.2
LONGEST_RUN = 3
# A longer run must add this share of the claim's words, or the shorter one is where the claim stands.
WORTHWHILE = 0.1
# What stands for the cosine where no vectors are at hand: that of a typical supported sentence with the same words.
UNKNOWN_NEARNESS = 0.45


@dataclass(frozen=True, slots=True)
class Support:
    """`score` from 0 to 1 without regard to `problems`; `shares` is what each passage alone holds of the words."""

    score: float
    problems: tuple[Problem, ...]
    shares: tuple[float, ...]

    @property
    def is_supported(self) -> bool:
        return not self.problems and self.score >= SUPPORTED

    @property
    def is_weak(self) -> bool:
        return not self.problems and WEAK <= self.score < SUPPORTED


def support_of(
    claim: Claim, sources: Sequence[Source], rarity: Mapping[str, float], nearness: Sequence[float | None],
    known_names: frozenset[str] = frozenset(),
) -> Support:  # fmt: skip
    """The support that `sources` together give the claim.

    `rarity` weighs stems; those it does not know weigh 1. `nearness` is for each source the cosine of its nearest
    sentence with the claim, None where it is not known.
    """
    if not sources:
        return Support(0.0, (), ())
    stems = content_stems(claim.whole)
    runs = [best_run(stems, source, rarity) for source in sources]
    shares = tuple(share(stems, _stems_of(source, run), rarity) for source, run in zip(sources, runs, strict=True))
    together = frozenset[str]().union(*(_stems_of(each, run) for each, run in zip(sources, runs, strict=True)))
    whole = frozenset[str]().union(*(source.stems for source in sources))
    known = [value for value in nearness if value is not None]
    values = {
        "best": share(stems, together, rarity),
        "passage": share(stems, whole, rarity),
        "near": max(known) if known else UNKNOWN_NEARNESS,
    }
    problems = missing(claim, sources, runs, rarity, known_names)
    return Support(round(logistic(values), 3), tuple(problems), shares)


def logistic(values: Mapping[str, float]) -> float:
    return 1 / (1 + math.exp(-INTERCEPT - sum(WEIGHTS[name] * value for name, value in values.items())))


def share(stems: frozenset[str], found: frozenset[str], rarity: Mapping[str, float]) -> float:
    """How much of the weight of `stems` is `found`; 1 for a claim without words of its own."""
    total = sum(rarity.get(each, 1.0) for each in stems)
    return sum(rarity.get(each, 1.0) for each in stems & found) / total if total else 1.0


def best_run(stems: frozenset[str], source: Source, rarity: Mapping[str, float]) -> Sequence[Stated]:
    """The one to three sentences in a row that hold most of the claim's words."""
    stated = source.stated
    best: Sequence[Stated] = stated[:1]
    best_value = -1.0
    for length in range(1, LONGEST_RUN + 1):
        for start in range(len(stated) - length + 1):
            run = stated[start : start + length]
            held = frozenset[str]().union(source.heading_stems, *(each.stems for each in run))
            value = share(stems, held, rarity) - WORTHWHILE * (length - 1)
            if value > best_value:
                best, best_value = run, value
    return best


def _stems_of(source: Source, run: Sequence[Stated]) -> frozenset[str]:
    return frozenset[str]().union(source.heading_stems, *(each.stems for each in run))
