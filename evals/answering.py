"""Asks the questions of an evaluation set and notes how sure the product is, and how each answer ended.

Half of the questions, chosen by a hash of what they are about, was looked at while constants were chosen ("tune").
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from asgiref.sync import async_to_sync

from app.answers.draft import Draft
from app.answers.following.turns import Turn
from app.answers.models import Outcome
from app.answers.pipeline import steps
from app.answers.steps.verify import evidence_confidence
from app.corpus.access import Reader
from evals.measure_set import Progress, canonical_ids

Half = Literal["tune", "report"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a set. `about` groups those on one text or of one conversation, which are in one half."""

    question: str
    answerable: bool
    gold: frozenset[str]
    about: str
    history: tuple[Turn, ...] = ()
    rivals: frozenset[str] = field(default_factory=frozenset)

    @property
    def half(self) -> Half:
        return half_of(self.about)


@dataclass(frozen=True, slots=True)
class Heard:
    """`confidence` is None where nothing was found at all; `saw_rivals`: gold and a document that contradicts it."""

    asked: Asked
    confidence: float | None
    outcome: Outcome
    saw_rivals: bool


def half_of(about: str) -> Half:
    return "tune" if int(hashlib.sha256(about.encode()).hexdigest(), 16) % 2 else "report"


def questions(folder: Path, *, most: int) -> list[Asked]:
    """At most `most`, spread over the whole set. Questions that are only half answerable are left out."""
    with (folder / "queries.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    wanted = [
        row for row in rows if row.get("answerability", "") not in ("PARTIAL", "UNDERSPECIFIED", "CONVERSATIONAL")
    ]
    return [_asked(row) for row in wanted[:: -(-len(wanted) // most)]]


def heard(asked: Sequence[Asked], progress: Progress) -> Iterator[Heard]:
    """Each question answered by the whole pipeline, without a model and without the recording."""
    same = canonical_ids()
    for done, each in enumerate(asked):
        progress(done, len(asked))
        draft = answer(each)
        found = {passage.external_id for passage in draft.passages}
        gold, rivals = ({same.get(key, key) for key in keys} for keys in (each.gold, each.rivals))
        yield Heard(each, evidence_confidence(draft), draft.outcome, bool(found & gold and found & rivals))


@async_to_sync
async def answer(asked: Asked) -> Draft:
    draft = Draft(question_id=0, question=asked.question, reader=Reader(), history=asked.history, fresh=True)
    async for _ in steps(draft):
        pass
    return draft


def _asked(row: dict[str, object]) -> Asked:
    gold = [str(key) for key in _listed(row, "gold_doc_ids")]
    about = [str(key) for key in _listed(row, "about_doc_ids")] or gold
    return Asked(
        question=str(row["question"]),
        answerable=bool(row.get("answerable", True)),
        gold=frozenset(gold),
        about=_topic(about[0]) if about and not row.get("history") else str(row["qid"]).split("<")[0],
        history=_turns(_listed(row, "history")),
        rivals=frozenset(str(key) for key in _listed(row, "counterfactual_doc_ids")),
    )


def _listed(row: dict[str, object], name: str) -> list[object]:
    value = row.get(name)
    return value if isinstance(value, list) else []


def _topic(document: str) -> str:
    """Paragraphs of one article are numbered: "squad-Normans-3"."""
    head, _, tail = document.rpartition("-")
    return head if head and tail.isdecimal() else document


def _turns(said: Sequence[object]) -> tuple[Turn, ...]:
    turns: list[tuple[str, str]] = []
    for each in said:
        if not isinstance(each, dict):
            continue
        if each.get("role") == "user":
            turns.append((str(each["text"]), ""))
        elif turns:
            turns[-1] = (turns[-1][0], str(each["text"]))
    return tuple(Turn(question, reply) for question, reply in turns)
