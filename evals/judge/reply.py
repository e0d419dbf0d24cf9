"""Reads the judge's reply: one JSON object with a level for each criterion, whatever stands around it."""

import json
from collections.abc import Iterator
from typing import Any

from evals.judge.errors import UnreadableVerdict
from evals.judge.rubric import LEVELS, GradesError, Verdict, verdict_of

SHOWN = 120


def verdict_in(reply: str) -> Verdict:
    """Raises UnreadableVerdict. Two verdicts that differ are none: one of them may be quoted from the answer."""
    found = [each for each in _objects(reply) if not LEVELS.keys().isdisjoint(each)]
    if not found:
        raise UnreadableVerdict(f"The judge gave no grades. It said: {_short(reply)}")
    try:
        verdicts = [verdict_of(each) for each in found]
    except GradesError as error:
        raise UnreadableVerdict(f"The judge's grades cannot be used. {error}") from None
    if any(each.levels != verdicts[0].levels for each in verdicts):
        raise UnreadableVerdict("The judge gave two verdicts that differ.")
    return verdicts[0]


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Every outermost JSON object of the text."""
    decoder, at = json.JSONDecoder(), text.find("{")
    while at >= 0:
        try:
            value, end = decoder.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError):
            end = at + 1
        else:
            yield value
        at = text.find("{", end)


def _short(reply: str) -> str:
    flat = " ".join(reply.split())
    if not flat:
        return "nothing."
    return f"“{flat}”" if len(flat) <= SHOWN else f"“{flat[:SHOWN]}…”"
