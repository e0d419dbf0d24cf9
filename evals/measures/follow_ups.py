"""How well rules make follow-up questions standalone, what that does to search, and whether a new topic stays clean."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.answers.following.leaning import leans
from app.answers.following.resolve import standalone
from app.answers.following.turns import Turn
from app.answers.steps.begin import HISTORY_TURNS
from evals.external import load
from evals.halves import is_tuned_on
from evals.measure_set import PASSAGES, READER, canonical_ids, ingest
from evals.metrics.answers import token_f1
from evals.metrics.average import mean
from evals.metrics.retrieval import first_of_each, ndcg_at_k, recall_at_k
from evals.throwaway import throwaway_database
from ingestion.progress import progress_bar
from retrieval.search import search

TITLE = "Follow-up questions"
# Each set's file, and what its question ids have between conversation and turn.
SETS = {
    "TREC CAsT": ("rewrite_trec_cast/queries.jsonl", "-"),
    "CANARD": ("rewrite_canard/queries.jsonl", "-"),
    "mtrag": ("mtrag/rewrites.jsonl", "<"),
}


@dataclass(frozen=True, slots=True)
class FollowUp:
    """`gold` is how people put the question so that it stands alone; "" where nobody did."""

    question: str
    told: tuple[Turn, ...]
    gold: str = ""
    needs_rewrite: bool = True
    relevant: frozenset[str] = frozenset()

    @property
    def by_rules(self) -> str:
        return made_standalone(self.question, self.told)


def rows(data: Path) -> list[str]:
    lines = [
        "| set, the half not looked at | follow-ups | F1 copied | F1 by rules | changed | stand alone already "
        "| of these left as they are |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [_row(name, list(follow_ups(data / file, joint, halved=True))) for name, (file, joint) in SETS.items()]
    return [*lines, "", *_search_rows(data / "mtrag")]


def follow_ups(file: Path, joint: str, *, halved: bool) -> Iterator[FollowUp]:
    """The questions that have a conversation before them; of a halved set those that were not tuned on."""
    for row in _read(file):
        conversation = row["qid"].rpartition(joint)[0] if joint == "-" else row["qid"].partition(joint)[0]
        if row["history"] and not (halved and is_tuned_on(conversation)):
            relevant = frozenset(row.get("gold_passage_ids") or ())
            yield FollowUp(row["question"], told_of(row["history"]), row["rewrite"], row["needs_rewrite"], relevant)


def told_of(history: Sequence[dict[str, str]]) -> tuple[Turn, ...]:
    """The turns as the product remembers them: each question as it was made standalone in its time, the last few."""
    told: list[Turn] = []
    for place, said in enumerate(history):
        if said["role"] != "user":
            continue
        following = history[place + 1] if place + 1 < len(history) else None
        answer = following["text"] if following and following["role"] != "user" else ""
        told.append(Turn(made_standalone(said["text"], told), answer))
    return tuple(told[-HISTORY_TURNS:])


def made_standalone(question: str, told: Sequence[Turn]) -> str:
    """As the step `rewrite` does it without a model."""
    recent = list(told[-HISTORY_TURNS:])
    return standalone(question, recent) if recent and leans(question) else question


def _row(name: str, found: list[FollowUp]) -> str:
    copied = mean([token_f1(each.question, each.gold) for each in found])
    ruled = mean([token_f1(each.by_rules, each.gold) for each in found])
    needing = [each for each in found if each.needs_rewrite]
    alone = [each for each in found if not each.needs_rewrite]
    changed = mean([float(each.by_rules != each.question) for each in needing])
    left = mean([float(each.by_rules.strip() == each.question.strip()) for each in alone])
    return f"| {name} | {len(found)} | {copied:.3f} | **{ruled:.3f}** | {changed:.2f} | {len(alone)} | {left:.3f} |"


def _search_rows(folder: Path) -> list[str]:
    lines = [
        "| mtrag: search for | questions | nDCG@10 | recall@10 |",
        "|---|---|---|---|",
    ]
    with throwaway_database(), progress_bar("Follow-ups") as report:
        ingest(load(folder), report)
        same = canonical_ids()
        for label, found in _asked_of(folder).items():
            ways: dict[str, Callable[[FollowUp], str]] = {
                "as asked": lambda each: each.question,
                "by rules": lambda each: each.by_rules,
            }
            if all(each.gold for each in found):
                ways["as people put it"] = lambda each: each.gold
            for way, text in ways.items():
                ndcg, recall = _searched(
                    [(text(each), {same.get(one, one) for one in each.relevant}) for each in found]
                )
                lines.append(f"| {label}, {way} | {len(found)} | {ndcg:.3f} | {recall:.3f} |")
    return lines


def _asked_of(folder: Path) -> dict[str, list[FollowUp]]:
    known = {row["doc_id"] for row in _read(folder / "corpus.jsonl")}
    queries = [
        FollowUp(row["question"], told_of(row["history"]), relevant=frozenset(row["gold_doc_ids"]))
        for row in _read(folder / "queries.jsonl")
        if row["gold_doc_ids"] and row["history"]
    ]
    put = [each for each in follow_ups(folder / "rewrites.jsonl", "<", halved=False) if each.relevant & known]
    return {
        "follow-ups": queries,
        "of these, changed by rules": [each for each in queries if each.by_rules != each.question],
        "those that people made standalone": put,
    }


def _searched(asked: Sequence[tuple[str, set[str]]]) -> tuple[float, float]:
    ranked = [
        (first_of_each(passage.external_id for passage in search(text, READER, limit=PASSAGES)), relevant)
        for text, relevant in asked
    ]
    return mean([ndcg_at_k(*each) for each in ranked]), mean([recall_at_k(*each) for each in ranked])


def _read(file: Path) -> Iterator[dict[str, Any]]:
    for line in file.read_text(encoding="utf-8").split("\n"):
        if line.strip():
            yield json.loads(line)
