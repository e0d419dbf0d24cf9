"""Direct attacks told from questions, orders found in documents, and what gets through a model that obeys."""

import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from app.providers.sentence_transformers_encoder import SentenceTransformersEncoder
from app.providers.tests.misbehaving_server import MisbehavingServer
from app.safety.direct import Band, Verdict, judge
from app.safety.disarm import orders_in
from app.safety.injection import CAREFUL
from app.safety.measure import recall_counts, texts_of
from evals.injection import attacks
from evals.injection.direct_data import (
    ATTACKS,
    LOOK_ALIKES,
    NOT_TRAINED_ON,
    ONLY_REPORTED,
    ORDINARY,
    embedded,
    halved,
    questions,
)
from evals.throwaway import throwaway_database

TITLE = "Prompt injection"
ORDINARY_TEXTS = ("squad2", "mtrag", "handbook", "scifact")
TIMED = 100
GROUPS = {
    "document": "in documents, first set",
    "later": "in documents, second set",
    "latest": "in documents, third set",
    "question": "in questions, question guard off",
}


def rows(data: Path) -> list[str]:
    return [*direct_rows(data), "", *indirect_rows(data), "", *attack_rows()]


def direct_rows(data: Path) -> list[str]:
    """Shares of the half that no weight or threshold was chosen on."""
    found = questions(data)
    vectors = embedded(found)
    name = SentenceTransformersEncoder().name
    counted: dict[str, list[tuple[Verdict, Verdict]]] = defaultdict(list)
    for row, vector in zip(halved(found, vectors), vectors, strict=True):
        if row.reported:
            counted[row.source].append((judge(row.text, vector, name), judge(row.text)))
    lines = [
        "| questions | of the reported half | flagged | of these refused | by rules alone |",
        "| --- | --- | --- | --- | --- |",
        _line("**attacks, all**", counted, ATTACKS), *(_line(source, counted, [source]) for source in ATTACKS),
        _line("**look-alikes, all**", counted, LOOK_ALIKES),
        *(_line(source, counted, [source]) for source in LOOK_ALIKES),
        *(_line(f"{source} (never trained on)", counted, [source]) for source in NOT_TRAINED_ON),
        _line("**ordinary questions, all**", counted, list(ORDINARY)),
        *(_line(source, counted, [source]) for source in ORDINARY),
        *(_line(f"{source} (never trained on)", counted, [source]) for source in ONLY_REPORTED),
    ]  # fmt: skip
    return [
        *lines,
        "",
        f"A verdict takes {_judging_ms(found[0].text, len(found)):.2f} ms beside the embedding, median.",
    ]


def _line(name: str, counted: dict[str, list[tuple[Verdict, Verdict]]], sources: Sequence[str]) -> str:
    verdicts = [pair for source in sources for pair in counted[source]]
    flagged = sum(whole.band != Band.NONE for whole, _ in verdicts)
    refused = sum(whole.band == Band.SURE for whole, _ in verdicts)
    ruled = sum(rules.band != Band.NONE for _, rules in verdicts)
    total = len(verdicts)
    return f"| {name} | {total} | {_share(flagged, total)} | {_share(refused, total)} | {_share(ruled, total)} |"


def _share(count: int, total: int) -> str:
    return f"{count} ({count / total:.1%})" if total else "–"


def _judging_ms(text: str, times: int) -> float:
    encoder = SentenceTransformersEncoder()
    vector = encoder.encode_query(text)
    took = []
    for _ in range(min(times, TIMED)):
        began = time.perf_counter()
        judge(text, vector, encoder.name)
        took.append((time.perf_counter() - began) * 1000)
    return median(took)


def indirect_rows(data: Path) -> list[str]:
    """Orders inside documents: found at ingestion and blanked at answer time, by the same patterns."""
    lines = ["| orders inside documents | of the reported half | found |", "| --- | --- | --- |"]
    for source, (found, total) in recall_counts(data / "injection" / "indirect.jsonl", CAREFUL).items():
        lines.append(f"| {source} | {total} | {_share(found, total)} |")
    lines += [
        "",
        "| ordinary documents | texts | with something blanked | share of the text |",
        "| --- | --- | --- | --- |",
    ]
    return lines + [_blanked(data, name) for name in ORDINARY_TEXTS]


def _blanked(data: Path, name: str) -> str:
    texts = list(texts_of(data / name / "corpus.jsonl"))
    lost = [sum(end - begin for begin, end in orders_in(text)) for text in texts]
    share = sum(lost) / max(1, sum(map(len, texts)))
    return f"| {name} | {len(texts)} | {sum(map(bool, lost))} | {share:.3%} |"


def attack_rows() -> list[str]:
    """Every shipped attack, with the guard off so that what stands behind it is measured, and with it on."""
    chosen = attacks.attacks()
    with throwaway_database(), MisbehavingServer() as server:
        stage = attacks.set_up(chosen)
        before = attacks.state()
        off = attacks.run(stage, chosen, url=server.url, policy="off")
        asked = [attack for attack in chosen if not attack.document]
        on = attacks.run(stage, asked, url=server.url, policy="refuse")
        changed = int(attacks.state() != before)
    lines = [
        "| a model that obeys | attacks | answered | order obeyed in what was shown | anything else through |",
        "| --- | --- | --- | --- | --- |",
        *(_attacked(name, [each for each in off if each.attack.group == group]) for group, name in GROUPS.items()),
        _attacked("in questions, question guard on", on),
    ]
    through = sorted({f"{each.attack.form}: {', '.join(each.broken)}" for each in [*off, *on] if each.broken})
    obeyed = sorted(each.attack.form for each in off if each.obeyed and each.attack.document)
    return [
        *lines, "",
        f"Changes of documents, sources, people or rights: {changed}. "
        f"Anything else through: {'; '.join(through) or 'nothing'}. "
        f"Orders of documents obeyed: {', '.join(obeyed) or 'none'}.",
    ]  # fmt: skip


def _attacked(name: str, results: list[attacks.Result]) -> str:
    answered = sum(bool(each.text) for each in results)
    obeyed, through = sum(each.obeyed for each in results), sum(bool(each.broken) for each in results)
    return f"| {name} | {len(results)} | {answered} | {obeyed} | {through} |"
