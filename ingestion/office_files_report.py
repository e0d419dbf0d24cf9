"""Runs every file of a folder through the parser process and says what became of each: `python -m
ingestion.office_files_report DIR`.

Prints the tables of `docs/ingestion.md`. With a `manifest.jsonl` in the folder, it also compares the
outcome and, where a reference text exists, the share of its words that were found.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from ingestion.documents import LeftOut, StoredText
from ingestion.errors import IngestionError
from ingestion.parser_process import DEFAULT_TIMEOUT_S, ParserProcess
from ingestion.steps.chunk import chunk
from ingestion.steps.clean import clean

_WORD = re.compile(r"\w+")
_MARKUP = re.compile(r"<[^>]*>|\]\([^)]*\)|&\w+;")
# Words stand in for the encoder's tokens here: the report needs no model.
_WORDS_PER_CHUNK = 160
PARSED = "parsed"
# The share of a reference text's words from which on a file counts as read.
ENOUGH = 0.9


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file; `recall` is the share of the reference text's words that were found, None where the file
    was refused.
    """

    name: str
    ending: str
    result: str
    message: str
    seconds: float
    chunks: int
    expected: str
    has_reference: bool
    recall: float | None
    left_out: frozenset[LeftOut]


def main(folder: Path) -> None:
    """Print the report on `folder`."""
    with ParserProcess() as parser:
        outcomes = [_outcome(parser, folder, entry) for entry in _entries(folder)]
    print(format_table(outcomes))
    print(reason_table(outcomes))
    print(mismatch_list(outcomes))
    print(left_out_table(outcomes))
    print(recall_list(outcomes))


def _entries(folder: Path) -> Iterator[dict[str, str]]:
    """The manifest's rows, or every file where there is no manifest."""
    manifest = folder / "manifest.jsonl"
    if manifest.exists():
        yield from map(json.loads, manifest.read_text(encoding="utf-8").splitlines())
        return
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield {"file": str(path.relative_to(folder))}


def _outcome(parser: ParserProcess, folder: Path, entry: dict[str, str]) -> Outcome:
    name = entry["file"]
    path = folder / "files" / name if (folder / "files" / name).exists() else folder / name
    started = time.perf_counter()
    chunks, text, result, message, left_out = 0, "", PARSED, "", frozenset[LeftOut]()
    try:
        parsed = parser.parse(path.read_bytes(), name)
        stored, left_out = clean(parsed), frozenset(parsed.left_out)
        text, chunks = stored.text, _count_chunks(stored)
    except IngestionError as error:
        result, message = error.reason.value, error.message
    seconds = time.perf_counter() - started
    reference = folder / entry["reference_text"] if entry.get("reference_text") else None
    recall = word_recall(reference.read_text(encoding="utf-8"), text) if reference and result == PARSED else None
    ending = path.suffix.lower().lstrip(".")
    return Outcome(
        name, ending, result, message, seconds, chunks, entry.get("expect", ""), reference is not None, recall, left_out
    )


def _count_chunks(stored: StoredText) -> int:
    return len(chunk(stored, lambda text: len(text.split()), _WORDS_PER_CHUNK))


def word_recall(reference: str, text: str) -> float:
    """Return the share of the reference's words, counted with repetition, that `text` holds."""
    wanted = Counter(_WORD.findall(_MARKUP.sub(" ", reference).lower()))
    found = Counter(_WORD.findall(text.lower()))
    total = sum(wanted.values())
    return sum((wanted & found).values()) / total if total else 1.0


def format_table(outcomes: list[Outcome]) -> str:
    """One row a format: how many files, parsed, refused by reason, and how long."""
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        groups[outcome.ending].append(outcome)
    rows = [_format_row(ending, groups[ending]) for ending in sorted(groups)]
    rows.append(_format_row("all", outcomes))
    return _table(("format", "files", "parsed", "refused", "median s", "longest s"), rows)


def _format_row(ending: str, group: list[Outcome]) -> tuple[str, ...]:
    refused = Counter(outcome.result for outcome in group if outcome.result != PARSED)
    seconds = [outcome.seconds for outcome in group]
    parsed = len(group) - refused.total()
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(refused.items())) or "–"
    return ending, str(len(group)), str(parsed), reasons, f"{median(seconds):.3f}", f"{max(seconds):.2f}"


def reason_table(outcomes: list[Outcome]) -> str:
    """One row a reason, with one of the sentences shown for it."""
    refused = [outcome for outcome in outcomes if outcome.result != PARSED]
    counts = Counter(outcome.result for outcome in refused)
    sample = {outcome.result: outcome.message for outcome in refused}
    rows = [(reason, str(count), sample[reason]) for reason, count in counts.most_common()]
    return _table(("reason", "files", "what the admin reads, for example"), rows)


def mismatch_list(outcomes: list[Outcome]) -> str:
    """The files whose outcome is not what the manifest expects, and the ones that took the parser down."""
    wrong = [
        f"- {outcome.name}: expected {outcome.expected}, was {outcome.result}"
        for outcome in outcomes
        if (outcome.expected == "parse" and outcome.result != PARSED)
        or (outcome.expected == "reject_cleanly" and outcome.result == PARSED)
    ]
    downs = [f"- {one.name}: {one.result}" for one in outcomes if one.result in ("crashed", "timeout", "out_of_memory")]
    slow = sum(outcome.seconds > DEFAULT_TIMEOUT_S for outcome in outcomes)
    lines = [f"{len(wrong)} not as expected, {len(downs)} took the parser down, {slow} beyond {DEFAULT_TIMEOUT_S:g} s."]
    return "\n".join([*lines, *wrong, *downs, ""])


def recall_list(outcomes: list[Outcome]) -> str:
    """By format, how many reference texts were found to at least nine tenths; and the files with the fewest."""
    measured = [(one.ending, one.recall or 0.0, one.name) for one in outcomes if one.has_reference]
    if not measured:
        return "No reference texts."
    groups: dict[str, list[float]] = defaultdict(list)
    for ending, recall, _ in measured:
        groups[ending].append(recall)
    rows = [_recall_row(ending, groups[ending]) for ending in sorted(groups)]
    rows.append(_recall_row("all", [recall for _, recall, _ in measured]))
    header = ("format", "reference texts", f"recall of {ENOUGH} or more", "median", "mean")
    low = [f"- {recall:.3f} {name}" for _, recall, name in sorted(measured, key=lambda one: one[1]) if recall < ENOUGH]
    return "\n".join([_table(header, rows), *low])


def _recall_row(ending: str, recalls: list[float]) -> tuple[str, ...]:
    enough = sum(recall >= ENOUGH for recall in recalls)
    share = f"{enough} ({enough / len(recalls):.0%})"
    return ending, str(len(recalls)), share, f"{median(recalls):.3f}", f"{sum(recalls) / len(recalls):.3f}"


def left_out_table(outcomes: list[Outcome]) -> str:
    """How many files hold text that is left out, by why."""
    counts = Counter(kind.value.replace("_", " ") for outcome in outcomes for kind in outcome.left_out)
    return _table(("left out", "files"), [(kind, str(count)) for kind, count in counts.most_common()])


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("Usage: python -m ingestion.office_files_report DIR")
    main(Path(sys.argv[1]))
