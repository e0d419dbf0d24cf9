"""Measures the detector of instructions: `python -m app.safety.measure DIR [--ordinary FILE …]`.

`DIR` holds `indirect.jsonl` (documents with an instruction inside) and `benign.jsonl`; `--ordinary` names
`corpus.jsonl` files or folders of text whose findings are all false alarms. The patterns were written while looking at
one half of the instructions, by a hash of their wording; the figures to quote are those of the other half.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from app.safety.injection import CAREFUL, find_instructions

TUNED, REPORTED = "tuned on", "reported"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m app.safety.measure")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ordinary", type=Path, nargs="*", default=[])
    parser.add_argument("--least", type=float, default=CAREFUL)
    chosen = parser.parse_args()
    print(recall_table(_rows(chosen.folder / "indirect.jsonl"), chosen.least))
    benign = (str(row["context"]) for row in _rows(chosen.folder / "benign.jsonl") if row.get("context"))
    sets = {"benign contexts": benign} | {str(path): texts_of(path) for path in chosen.ordinary}
    print(alarm_table(sets, chosen.least))


def recall_table(rows: Iterable[dict[str, Any]], least: float) -> str:
    """Found instructions by source and kind, for both halves."""
    counts: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: {TUNED: [0, 0], REPORTED: [0, 0]})
    for row in rows:
        kind = str(row["attack_type"]) if row["source"] == "agentdojo" else "all"
        for key in ((str(row["source"]), kind), ("all", "all")):
            found = counts[key][_half(row)]
            found[0] += is_found(row, least)
            found[1] += 1
    lines = ["| source | kind | found, half tuned on | found, half reported |", "| --- | --- | --- | --- |"]
    for (source, kind), halves in sorted(counts.items()):
        shares = (f"{halves[half][0]} of {halves[half][1]}" for half in (TUNED, REPORTED))
        lines.append(f"| {source} | {kind} | {' | '.join(shares)} |")
    return "\n".join(lines) + "\n"


def recall_counts(path: Path, least: float) -> dict[str, tuple[int, int]]:
    """Found and all instructions of the reported half, by source and over all."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in _rows(path):
        if _half(row) == REPORTED:
            for source in (str(row["source"]), "**all**"):
                counts[source][0] += is_found(row, least)
                counts[source][1] += 1
    return {source: (found, total) for source, (found, total) in sorted(counts.items())}


def is_found(row: dict[str, Any], least: float) -> bool:
    """Whether a finding touches the instruction inside the text."""
    text = str(row.get("context") or row["text"])
    inside = str(row.get("injected") or text).strip()
    start = max(text.find(inside), 0)
    return any(one.start < start + len(inside) and one.end > start for one in find_instructions(text, least))


def alarm_table(sets: Mapping[str, Iterable[str]], least: float) -> str:
    """In how many ordinary texts something was found."""
    lines = ["| ordinary texts | texts | with a finding |", "| --- | --- | --- |"]
    for name, texts in sets.items():
        found = [bool(find_instructions(text, least)) for text in texts]
        lines.append(f"| {name} | {len(found)} | {sum(found)} |")
    return "\n".join(lines)


def _half(row: dict[str, Any]) -> str:
    wording = str(row.get("injected") or row["text"])
    return REPORTED if int(hashlib.sha1(wording.encode(), usedforsecurity=False).hexdigest(), 16) % 2 else TUNED


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def texts_of(path: Path) -> Iterator[str]:
    if path.suffix == ".jsonl":
        yield from (str(row["text"]) for row in _rows(path))
        return
    for file in sorted(file for file in path.rglob("*") if file.suffix in (".md", ".txt", ".html")):
        yield file.read_text(encoding="utf-8", errors="replace")


if __name__ == "__main__":
    main()
