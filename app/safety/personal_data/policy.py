"""What happens to personal data where: one table, read by the code that acts, by the admins' page and by the tests.

`POLICY` says for each place which treatments there are and which one holds unless an admin chooses another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.safety.personal_data.kinds import Kind


class Place(StrEnum):
    """Where texts go that can hold personal data; the value is what is stored."""

    LOGS = "logs"
    TRACES = "traces"
    EXTERNAL_MODEL = "external_model"
    INSIDE_MODEL = "inside_model"
    EXTERNAL_ENCODER = "external_encoder"
    STORED_QUESTION = "stored_question"
    STORED_ANSWER = "stored_answer"
    INDEX = "index"
    REVIEW = "review"
    EVALUATION = "evaluation"
    EXPORT = "export"


class Treatment(StrEnum):
    KEEP = "keep"
    PLACEHOLDER = "placeholder"
    REDACT = "redact"

    @property
    def label(self) -> str:
        return {"keep": "Keep", "placeholder": "Placeholder", "redact": "Redact"}[self]


@dataclass(frozen=True, slots=True)
class Row:
    """One place. `choices` are the treatments an admin can choose from; one alone is fixed, and `why` says why.

    `usual` is the treatment of every kind without one in `otherwise`.
    """

    label: str
    what: str
    choices: tuple[Treatment, ...]
    usual: Treatment
    why: str
    otherwise: tuple[tuple[Kind, Treatment], ...] = ()

    @property
    def is_fixed(self) -> bool:
        return len(self.choices) == 1

    def default(self, kind: Kind) -> Treatment:
        return dict(self.otherwise).get(kind, self.usual)


_KEEP, _PLACEHOLDER, _REDACT = Treatment.KEEP, Treatment.PLACEHOLDER, Treatment.REDACT
POLICY: Mapping[Place, Row] = {
    Place.LOGS: Row(
        "Logs", "What each process writes about its work.", (_REDACT,), _REDACT,
        "Logs go to many hands and are kept long. No question, passage or answer is written to them, error texts that "
        "are not ours are left out, and addresses and numbers in whatever remains are removed.",
    ),
    Place.TRACES: Row(
        "Traces and error reports", "What is sent to Sentry, where it is configured.", (_REDACT,), _REDACT,
        "They leave the company. They carry places in the code, ids and numbers, no texts of requests or errors.",
    ),
    Place.EXTERNAL_MODEL: Row(
        "External language model", "Questions, conversation and passages sent to a model outside your network.",
        (_PLACEHOLDER, _REDACT, _KEEP), _PLACEHOLDER,
        "A placeholder lets the model write about somebody without knowing who; the reader sees the value again. "
        "Redacted values cannot be put back.",
        ((Kind.NETWORK, _KEEP),),
    ),
    Place.INSIDE_MODEL: Row(
        "Language model inside", "The same, sent to a model on a host of your own.", (_KEEP,), _KEEP,
        "Nothing leaves your network. Name its host below as outside to have it treated as an external one.",
    ),
    Place.EXTERNAL_ENCODER: Row(
        "Embedding or reranking service", "Passages and questions sent to a service that you configured instead of the "
        "built-in models.", (_KEEP,), _KEEP,
        "Search by meaning needs the text itself. Use the built-in models, or a service on a host of your own, where "
        "personal data must not leave.",
    ),
    Place.STORED_QUESTION: Row(
        "Stored questions", "Questions, titles of conversations and comments, after the days set below.",
        (_KEEP, _REDACT), _KEEP,
        "The asker sees them, and reviewers as they see answers. Redacting cannot be undone, and a later question "
        "cannot refer to what is gone.",
    ),
    Place.STORED_ANSWER: Row(
        "Stored answers", "Answers and their quotes, after the days set below.", (_KEEP, _REDACT), _KEEP,
        "The asker sees them, and reviewers who may read every passage found for them. Redacting cannot be undone.",
    ),
    Place.INDEX: Row(
        "Documents and index", "Originals, their text, passages and vectors.", (_KEEP,), _KEEP,
        "They are what is searched and quoted, word for word, for those who may read the source. What must not be "
        "found "
        "is removed at the source, or purged here.",
    ),
    Place.REVIEW: Row(
        "Reviews", "Questions, answers and passages as reviewers are given them to grade.", (_REDACT, _KEEP), _REDACT,
        "A sample of real answers is graded by people who did not ask. Who asked is not told them unless a setting "
        "says so.",
    ),
    Place.EVALUATION: Row(
        "Evaluation sets", "The questions that releases are measured with.", (_REDACT,), _REDACT,
        "They travel with the code. Where a graded answer becomes a case, plain words stand for what is personal, and "
        "a second person approves it.",
    ),
    Place.EXPORT: Row(
        "Exports", "Tables of usage and cost.", (_REDACT,), _REDACT,
        "They hold counts, and accounts by their address, which is not taken from any text. No question or answer is "
        "in them.",
    ),
}  # fmt: skip
DEFAULT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Policy:
    """The table with an admin's choices in it; `chosen` holds what differs from the defaults."""

    chosen: Mapping[str, Mapping[str, str]]

    def treatment(self, place: Place, kind: Kind) -> Treatment:
        row = POLICY[place]
        said = self.chosen.get(place.value, {}).get(kind.value, "")
        return Treatment(said) if said in row.choices else row.default(kind)

    def kinds(self, place: Place, *treatments: Treatment) -> frozenset[Kind]:
        """The kinds that get one of `treatments` there."""
        return frozenset(kind for kind in Kind if self.treatment(place, kind) in treatments)


def choices_from(values: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """What a form says ("external_model.name": "keep"), less everything unknown, fixed or as it is anyway."""
    chosen: dict[str, dict[str, str]] = {}
    for place, row in POLICY.items():
        for kind in Kind:
            said = values.get(f"{place.value}.{kind.value}", "")
            if not row.is_fixed and said in row.choices and said != row.default(kind):
                chosen.setdefault(place.value, {})[kind.value] = str(said)
    return chosen


def markdown() -> str:
    """The table of docs/security.md: each place by each kind with the default, then why."""
    kinds = [kind.value.replace("_", " ") for kind in Kind]
    lines = [f"| place | {' | '.join(kinds)} | decided by |", f"|{'---|' * (len(kinds) + 2)}"]
    for row in POLICY.values():
        cells = " | ".join(row.default(kind).value for kind in Kind)
        lines.append(f"| {row.label} | {cells} | {'nobody: fixed' if row.is_fixed else 'admins'} |")
    lines += ["", "| place | what goes there | choices | why |", "|---|---|---|---|"]
    for row in POLICY.values():
        choices = ", ".join(choice.value for choice in row.choices)
        lines.append(f"| {row.label} | {row.what} | {choices} | {row.why} |")
    return "\n".join(lines)
