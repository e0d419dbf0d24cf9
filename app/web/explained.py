"""Why an answer came out as it did: every step, every passage, and what was left out.

For its asker passages are named only where the asker may still read them; others see it only if they may read all.
Scores, attempts and costs are for those who run the product or judge its answers.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app.accounts.models import User
from app.accounts.permissions import Permission
from app.answers.context.packing import REASON_WORDS, Reason
from app.answers.events import STEP_LABELS
from app.answers.models import Answer, Evidence
from app.answers.shown import readable_documents, shown_answer
from app.corpus.access import Reader
from app.corpus.models import Document


@dataclass(frozen=True, slots=True)
class StepTaken:
    label: str
    took_ms: float
    percent: float


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage that was found. Without a `document` its reader may not know which it was."""

    rank: int
    document: Document | None
    evidence: Evidence
    markers: tuple[int, ...]
    left_out: str

    @property
    def section(self) -> str:
        return " › ".join(self.evidence.heading_path)

    # What a link to the passage needs.
    @property
    def document_id(self) -> int | None:
        return self.document.pk if self.document else None

    @property
    def version_id(self) -> int | None:
        return self.evidence.version_id

    @property
    def start(self) -> int:
        return self.evidence.start

    @property
    def end(self) -> int:
        return self.evidence.end


@dataclass(frozen=True, slots=True)
class AttemptMade:
    """One call of a model, as it was noted; what was not noted is empty."""

    model: str
    task: str
    ended: str
    message: str
    first_token_ms: float | None
    ms: float | None
    tokens: int


@dataclass(frozen=True, slots=True)
class Explanation:
    answer: Answer
    asked: str
    standalone: str
    steps: tuple[StepTaken, ...]
    passages: tuple[FoundPassage, ...]
    is_withheld: bool
    is_own: bool
    sees_more: bool

    @property
    def was_rewritten(self) -> bool:
        return bool(self.standalone) and self.standalone != self.asked

    @property
    def is_quoted(self) -> bool:
        return self.answer.mode == Answer.Mode.EXTRACTIVE

    @property
    def attempts(self) -> list[AttemptMade]:
        return [attempt_of(entry) for entry in self.answer.attempts if isinstance(entry, dict)]

    @property
    def flags(self) -> list[str]:
        return [flag_words(entry) for entry in self.answer.flags if isinstance(entry, dict)]

    @property
    def budget(self) -> dict[str, Any]:
        """Tokens of the prompt by what they were spent on; empty where nothing was put together."""
        found = self.answer.context.get("budget", {})
        return found if isinstance(found, dict) else {}

    @property
    def history(self) -> dict[str, Any]:
        found = self.answer.context.get("history", {})
        return found if isinstance(found, dict) else {}

    @property
    def tokens(self) -> int:
        return self.answer.prompt_tokens + self.answer.completion_tokens


def sees_more(user: User) -> bool:
    return user.may(Permission.SEE_QUALITY)


def explanation(answer: Answer, reader: Reader, user: User) -> Explanation:
    """For its asker, or for somebody who may read all it rests on.

    A rewritten question may hold words of a withheld answer, so it goes with it.
    """
    is_withheld = shown_answer(answer, reader).is_withheld
    return Explanation(
        answer=answer,
        asked=answer.question.text,
        standalone="" if is_withheld else answer.question.standalone,
        steps=tuple(steps_taken(answer)),
        passages=tuple(found_passages(answer, reader)),
        is_withheld=is_withheld,
        is_own=answer.question.conversation.user_id == user.pk,
        sees_more=sees_more(user),
    )


def steps_taken(answer: Answer) -> Iterable[StepTaken]:
    rows = list(answer.steps.all())
    longest = max((row.took_ms for row in rows), default=0.0) or 1.0
    labels: dict[str, str] = {str(name): label for name, label in STEP_LABELS.items()}
    for row in rows:
        yield StepTaken(labels.get(row.name, row.name), row.took_ms, 100 * row.took_ms / longest)


def found_passages(answer: Answer, reader: Reader) -> Iterable[FoundPassage]:
    rows = list(answer.evidence.prefetch_related("citations"))
    readable = readable_documents(rows, reader)
    reasons = reasons_of(answer)
    for row in rows:
        markers = tuple(citation.marker for citation in row.citations.all())
        document = readable.get(row.document_id) if row.version_id else None
        yield FoundPassage(row.rank, document, row, markers, reasons.get(row.chunk_id, "") if document else "")


def attempt_of(entry: dict[str, Any]) -> AttemptMade:
    return AttemptMade(
        model=str(entry.get("name") or entry.get("model") or ""),
        task=str(entry.get("task") or entry.get("step") or ""),
        ended=str(entry.get("ended") or ""),
        message=str(entry.get("message") or ""),
        first_token_ms=entry.get("first_token_ms"),
        ms=entry.get("ms"),
        tokens=int(entry.get("prompt_tokens") or 0) + int(entry.get("completion_tokens") or 0),
    )


def flag_words(entry: dict[str, Any]) -> str:
    """ "direct_injection: score 0.93": whatever a guard noted, its kind first."""
    kind = str(entry.get("kind") or entry.get("name") or "flag").replace("_", " ")
    facts = (f"{name.replace('_', ' ')} {value}" for name, value in entry.items() if name not in ("kind", "name"))
    return ": ".join(part for part in (kind, ", ".join(facts)) if part)


def reasons_of(answer: Answer) -> dict[int, str]:
    """Why the model was not shown a passage by itself, by the passage's id."""
    entries = answer.context.get("left_out", [])
    return {entry["chunk_id"]: in_words(str(entry.get("reason", ""))) for entry in entries if "chunk_id" in entry}


def in_words(reason: str) -> str:
    return REASON_WORDS[Reason(reason)] if reason in set(Reason) else reason.replace("_", " ")
