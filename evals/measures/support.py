"""How well sentences are told apart that their sources support from those that they do not."""

from collections.abc import Sequence
from pathlib import Path

from app.providers.registry import get_encoder
from app.providers.types import SentenceEncoder
from evals.support_set import Judgement, judgements, pairs, speed

TITLE = "Checking sentences against their sources"
KINDS = (
    "verbatim",
    "paraphrase",
    "combination",
    "invention",
    "number",
    "entity",
    "negation",
    "date",
    "unit",
    "citation",
)
# The time of a check is that of the first pairs, five at once.
TIMED = 150


def rows(data: Path) -> list[str]:
    """Needs none of the sets below `data`: the pairs are the project's own."""
    encoder = get_encoder()
    if not isinstance(encoder, SentenceEncoder):
        return ["The encoder in use gives no vectors of sentences, so nothing was measured."]
    found = judgements(pairs(), encoder)
    took = speed(encoder, pairs()[:TIMED])
    halves = {half: [each for each in found if each.pair.split == half] for half in ("tune", "report")}
    return [
        "| kind of pair | label | pairs, tuned half | judged rightly | pairs, reported half | judged rightly |",
        "|---|---|---|---|---|---|",
        *(_kind_row(kind, halves) for kind in KINDS),
        "",
        "| unsupported sentences found | tuned half | reported half |",
        "|---|---|---|",
        *(f"| {name} | {value(halves['tune']):.3f} | {value(halves['report']):.3f} |" for name, value in FIGURES),
        "",
        f"An answer of 5 sentences over 8 passages is checked in {took.check_ms} ms (median), and its sentences are "
        f"encoded in {took.encode_ms} ms.",
    ]


def _kind_row(kind: str, halves: dict[str, list[Judgement]]) -> str:
    cells = []
    label = ""
    for half in ("tune", "report"):
        own = [each for each in halves[half] if each.pair.kind == kind]
        right = sum(each.fails != each.pair.is_supported for each in own)
        label = own[0].pair.label if own else label
        cells += [str(len(own)), f"{right / len(own):.2f}" if own else "–"]
    return f"| {kind} | {label} | {' | '.join(cells)} |"


def precision(found: Sequence[Judgement]) -> float:
    failing = [each for each in found if each.fails]
    return sum(not each.pair.is_supported for each in failing) / len(failing) if failing else 0.0


def recall(found: Sequence[Judgement]) -> float:
    unsupported = [each for each in found if not each.pair.is_supported]
    return sum(each.fails for each in unsupported) / len(unsupported) if unsupported else 0.0


def false_alarms(found: Sequence[Judgement]) -> float:
    supported = [each for each in found if each.pair.is_supported]
    return sum(each.fails for each in supported) / len(supported) if supported else 0.0


FIGURES = (
    ("precision", precision),
    ("recall", recall),
    ("supported sentences that fail", false_alarms),
)
