"""Judges a whole answer: a verdict for each sentence, and markers put right where another passage supports it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from app.answers.checking.claims import Claim
from app.answers.checking.names import capitalised_words
from app.answers.checking.source import Source, document_frequencies
from app.answers.checking.support import Problem, Support, share, support_of
from app.answers.checking.words import content_stems

# Of several passages cited, one that holds less than this of the words that the best one holds adds nothing.
ADDS_NOTHING = 0.35
# A passage that holds less of a claim's words than this is not looked at when its markers are repaired.
WORTH_A_LOOK = 0.3
# A cited passage that holds so much of a claim's words is the right one; one that holds less gives way to another that
# holds that much more.
CLEAR, CLEARLY_BETTER = 0.8, 0.2
COMMON, RARE = 0.6, 1.0
CONVINCED = 0.8
# Kinds of problems that rest on reading rather than on looking up: a model that reads better may overrule them.
READING = frozenset({"negation", "quantifier", "obligation", "limit", "word"})


class Verdict(StrEnum):
    SUPPORTED = "supported"
    WEAK = "weak"
    UNSUPPORTED = "unsupported"
    UNCITED = "uncited"
    NO_CLAIM = "no_claim"


FAILED = frozenset({Verdict.UNSUPPORTED, Verdict.UNCITED})


@dataclass(frozen=True, slots=True)
class Judged:
    """`sources` are the passages that the sentence cites from now on, by their place."""

    claim: Claim
    verdict: Verdict
    support: float
    sources: tuple[int, ...]
    problems: tuple[Problem, ...] = ()
    repaired: bool = False


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a model that reads both says of a sentence and its passages, each from 0 to 1."""

    entails: float
    contradicts: float


Nearness = Sequence[Sequence[float | None]]
"""For each sentence of the answer its nearness to each passage."""


def judge(
    claims: Sequence[Claim], cited: Mapping[int, int], sources: Sequence[Source], nearness: Nearness,
    known_names: frozenset[str] = frozenset(),
) -> list[Judged]:  # fmt: skip
    """`cited` says which passage each marker stands for; `known_names` are those of the question."""
    bench = _Bench(sources, nearness, known_names | _names_of(sources))
    implied = _implied_markers(claims)
    return [bench.judged(at, claim, cited, implied[at]) for at, claim in enumerate(claims)]


def with_opinions(judged: Sequence[Judged], opinions: Mapping[int, Opinion]) -> list[Judged]:
    """The verdicts after a second reader was heard, whose opinions are by place. What was looked up stays."""
    return [_with_opinion(each, opinions[at]) if at in opinions else each for at, each in enumerate(judged)]


def _with_opinion(judged: Judged, opinion: Opinion) -> Judged:
    if judged.verdict == Verdict.NO_CLAIM or not judged.sources:
        return judged
    if opinion.contradicts >= CONVINCED:
        problem = {"kind": "contradiction", "said": ""}
        return replace(judged, verdict=Verdict.UNSUPPORTED, problems=(*judged.problems, problem))
    only_reading = all(problem["kind"] in READING for problem in judged.problems)
    if opinion.entails >= CONVINCED and only_reading:
        return replace(judged, verdict=Verdict.SUPPORTED, problems=(), support=max(judged.support, opinion.entails))
    if opinion.entails < 1 - CONVINCED and judged.verdict == Verdict.SUPPORTED:
        return replace(judged, verdict=Verdict.WEAK)
    return judged


class _Bench:
    """One answer's passages, ready for looking at one sentence after the other."""

    def __init__(self, sources: Sequence[Source], nearness: Nearness, known_names: frozenset[str]) -> None:
        self._sources, self._nearness, self._names = sources, nearness, known_names
        counts = document_frequencies(sources)
        self._rarity = {each: COMMON + (RARE - COMMON) / count for each, count in counts.items()}

    def judged(self, at: int, claim: Claim, cited: Mapping[int, int], implied: Sequence[int]) -> Judged:
        own = tuple(dict.fromkeys(cited[marker] for marker in claim.markers if marker in cited))
        if not claim.claims:
            return Judged(claim, Verdict.NO_CLAIM, 1.0, own)
        first = own or tuple(dict.fromkeys(cited[marker] for marker in implied if marker in cited))
        support = self._support(at, claim, first)
        found = None if support.is_supported and max(support.shares) >= CLEAR else self._elsewhere(at, claim, first)
        if support.is_supported and (found is None or max(found[1].shares) < max(support.shares) + CLEARLY_BETTER):
            kept = self._without_idle(at, claim, first, support)
            return Judged(claim, Verdict.SUPPORTED, support.score, kept, repaired=kept != own)
        if found is not None:
            places, better = found
            return Judged(claim, Verdict.SUPPORTED, better.score, places, repaired=True)
        if support.is_weak:
            return Judged(claim, Verdict.WEAK, support.score, first, repaired=first != own)
        verdict = Verdict.UNSUPPORTED if own else Verdict.UNCITED
        return Judged(claim, verdict, support.score, own, support.problems)

    def _support(self, at: int, claim: Claim, places: Sequence[int]) -> Support:
        near = [self._nearness[at][place] for place in places]
        return support_of(claim, [self._sources[place] for place in places], self._rarity, near, self._names)

    def _without_idle(self, at: int, claim: Claim, places: tuple[int, ...], support: Support) -> tuple[int, ...]:
        """The cited passages without those that have nothing to do with the claim."""
        if len(places) < 2:
            return places
        most = max(support.shares)
        kept = tuple(p for p, held in zip(places, support.shares, strict=True) if held >= ADDS_NOTHING * most)
        return kept if self._support(at, claim, kept).is_supported else places

    def _elsewhere(self, at: int, claim: Claim, places: tuple[int, ...]) -> tuple[tuple[int, ...], Support] | None:
        """Another passage that supports the claim, alone or together with what was cited."""
        stems = content_stems(claim.whole)
        held = [share(stems, source.stems, self._rarity) for source in self._sources]
        others = [at for at, part in enumerate(held) if at not in places and part >= WORTH_A_LOOK]
        alone: list[tuple[tuple[int, ...], Support]] = [
            ((place,), self._support(at, claim, (place,))) for place in others
        ]
        good = [(where, support) for where, support in alone if support.is_supported]
        if not good and places:
            joined = [(*places, place) for place in others]
            together = [(where, self._support(at, claim, where)) for where in joined]
            good = [(where, support) for where, support in together if _both_are_needed(support)]
        return max(good, key=lambda pair: pair[1].score) if good else None


def _both_are_needed(support: Support) -> bool:
    return support.is_supported and support.shares[-1] >= ADDS_NOTHING * max(support.shares)


def _names_of(sources: Sequence[Source]) -> frozenset[str]:
    return frozenset[str]().union(*(capitalised_words(f"{source.heading}\n{source.text}") for source in sources))


def _implied_markers(claims: Sequence[Claim]) -> list[tuple[int, ...]]:
    """The markers of the next sentence that has some, else of the one before: a model may cite once a paragraph."""
    implied: list[tuple[int, ...]] = []
    following: tuple[int, ...] = ()
    for claim in reversed(claims):
        following = claim.markers or following
        implied.append(following)
    implied.reverse()
    last: tuple[int, ...] = ()
    for at, claim in enumerate(claims):
        last = claim.markers or last
        implied[at] = implied[at] or last
    return implied
