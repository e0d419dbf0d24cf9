"""The labelled pairs of sentence and passages over the sample company, and how the check of answers judges them.

`evals/datasets/support.jsonl`: `id`, `sentence`, `passages` (`document`, `heading`, `quote`), `label` (supported or
unsupported), `kind`, and `split`: all pairs of a document are in one half. Thresholds were chosen on "tune". Passages
below "written/" are of no document: they were written for their pairs.
"""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from app.answers.checking.check import FAILED, Verdict, judge
from app.answers.checking.claims import claims_of
from app.answers.checking.source import Source
from app.providers.types import SentenceEncoder

WRITTEN = "written/"
PATH = Path(__file__).parent / "datasets" / "support.jsonl"


@dataclass(frozen=True, slots=True)
class LabelledPassage:
    document: str
    heading: str
    quote: str

    def source(self) -> Source:
        return Source.of(self.quote, self.heading)


@dataclass(frozen=True, slots=True)
class Pair:
    id: str
    sentence: str
    passages: tuple[LabelledPassage, ...]
    label: Literal["supported", "unsupported"]
    kind: str
    split: Literal["tune", "report"]

    @property
    def is_supported(self) -> bool:
        return self.label == "supported"


def pairs() -> list[Pair]:
    rows = [json.loads(line) for line in PATH.read_text(encoding="utf-8").splitlines()]
    return [Pair(**{**row, "passages": tuple(LabelledPassage(**each) for each in row["passages"])}) for row in rows]


def half_of(document: str) -> str:
    return "tune" if int(hashlib.sha256(document.encode()).hexdigest(), 16) % 2 else "report"


@dataclass(frozen=True, slots=True)
class Judgement:
    pair: Pair
    verdict: Verdict
    problems: tuple[str, ...]

    @property
    def fails(self) -> bool:
        return self.verdict in FAILED


def judgements(chosen: Sequence[Pair], encoder: SentenceEncoder) -> list[Judgement]:
    """Each sentence judged against its passages alone, so that no marker can be repaired.

    As with stored passages, the vectors of a passage's sentences come of the pass that encodes the whole.
    """
    vectors = encoder.encode_passages([pair.sentence for pair in chosen])
    sources = {passage: passage.source() for pair in chosen for passage in pair.passages}
    spans = [[(each.sentence.start, each.sentence.end) for each in source.stated] for source in sources.values()]
    _, rows = encoder.encode_sentences([source.text for source in sources.values()], spans)
    meant = dict(zip(sources, rows, strict=True))
    return [
        judged(pair, sources, [float(np.max(meant[each] @ vector)) for each in pair.passages])
        for pair, vector in zip(chosen, vectors, strict=True)
    ]


def judged(pair: Pair, sources: Mapping[LabelledPassage, Source], near: list[float | None]) -> Judgement:
    own = [sources[each] for each in pair.passages]
    markers = "".join(f"[{number}]" for number in range(1, len(own) + 1))
    claims = claims_of(f"{pair.sentence} {markers}")
    cited = {number: number - 1 for number in range(1, len(own) + 1)}
    first = judge(claims, cited, own, [near for _ in claims])[0]
    return Judgement(pair, first.verdict, tuple(problem["kind"] for problem in first.problems))


@dataclass(frozen=True, slots=True)
class Speed:
    check_ms: float
    encode_ms: float


def speed(encoder: SentenceEncoder, chosen: Sequence[Pair], *, sentences: int = 5, passages: int = 8) -> Speed:
    """The median time to check a usual answer, without the second reader: the check, and one batch of the encoder."""
    checks, encodes = [], []
    for start in range(0, len(chosen) - sentences, sentences):
        own = chosen[start : start + sentences]
        quotes = list(dict.fromkeys(p for pair in chosen[start : start + 40] for p in pair.passages))[:passages]
        text = " ".join(f"{pair.sentence} [{quotes.index(pair.passages[0]) + 1}]" for pair in own)
        began = time.perf_counter()
        claims = claims_of(text)
        encoder.encode_passages([claim.whole for claim in claims])
        encodes.append(time.perf_counter() - began)
        began = time.perf_counter()
        sources = [quote.source() for quote in quotes]
        near = [[0.5] * len(sources) for _ in claims]
        judge(claims, {at + 1: at for at in range(len(sources))}, sources, near)
        checks.append(time.perf_counter() - began)
    return Speed(round(float(np.median(checks)) * 1000, 1), round(float(np.median(encodes)) * 1000, 1))
