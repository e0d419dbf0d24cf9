"""Which answers are drawn, and with which chance. Pure: the same key, answers and rates always draw the same ones.

Each answer has a number from 0 to 1, a keyed hash of its id, and is drawn if that is below its rate (Poisson sampling).
Where that gives more than a day may have, those with the smallest number / rate are kept, and the next one's number /
rate is the threshold that makes each chance smaller (priority sampling: Duffield, Lund and Thorup 2007), which keeps
estimates unbiased whatever the limit leaves out.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

# A stratum is drawn at this part of the share at least, however large it is; where all are drawn, at all of it.
LEAST_RATE = 0.25
NOVEL_TO_FAMILIAR = 2.0


def number_of(key: bytes, answer_id: int, use: str = "sample") -> float:
    """Above 0 and below 1, evenly spread, and not to be foretold without the key."""
    digest = hmac.new(key, f"{use}:{answer_id}".encode(), hashlib.sha256).digest()
    return (int.from_bytes(digest[:6], "big") + 0.5) / 2**48


@dataclass(frozen=True, slots=True)
class Rates:
    """The chance of each stratum; `other` is for one that was not there before."""

    of: Mapping[str, float]
    other: float


def rates(counts: Mapping[str, int], share: float) -> Rates:
    """Rates by the answers of each stratum in the past, so that about `share` of all is drawn.

    A stratum's part of the sample grows with the square root of its answers (power allocation: Bankier 1988): rare
    outcomes, sources and groups are seen, and the frequent ones still make up most.
    """
    everything = sum(counts.values())
    if not everything or not share:
        return Rates({}, share)
    scale = share * everything / sum(count**0.5 for count in counts.values())
    least = share * max(LEAST_RATE, share)
    of = {stratum: min(1.0, max(least, scale / count**0.5)) for stratum, count in counts.items() if count}
    return Rates(of, min(1.0, max(least, scale)))


def novelty_factors(novel_share: float, share: float = 0.0) -> tuple[float, float]:
    """By what the rates of new and of familiar questions are multiplied so that as many are drawn in all.

    The larger `share`, the less familiar ones are left out; where everything is drawn, they are too.
    """
    unit = 1 / (1 + (NOVEL_TO_FAMILIAR - 1) * novel_share)
    return NOVEL_TO_FAMILIAR * unit, max(unit, share)


def thinned(numbers: Mapping[int, float], chances: Mapping[int, float], most: int) -> dict[int, float]:
    """At most `most` of the answers whose number is below their chance, each with the chance that it then had."""
    ranked = sorted((numbers[each] / chance, each) for each, chance in chances.items() if numbers[each] < chance)
    threshold = ranked[most][0] if len(ranked) > most else 1.0
    return {each: min(1.0, chances[each] * threshold) for _, each in ranked[:most]}


def drawn(
    numbers: Mapping[int, float], always: frozenset[int], chances: Mapping[int, float], most: int
) -> dict[int, float]:
    """The answers of a day with their chances, at most `most`.

    Those that are `always` looked at come first, up to half of them at least; so they never crowd out chance, without
    which no estimate is possible, nor chance them.
    """
    by_chance = thinned(numbers, chances, most - min(len(always), -(-most // 2)))
    return thinned(numbers, dict.fromkeys(always, 1.0), most - len(by_chance)) | by_chance
