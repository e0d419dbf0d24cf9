"""An answer as plain values, the same for every program that asks, over HTTP or on the command line."""

from dataclasses import dataclass
from datetime import datetime

from app.answers.models import Answer, Outcome
from app.answers.shown import ShownCitation, shown_answer
from app.corpus.access import Reader

FAILED = "Something went wrong while the answer was being made. Your question is kept: ask it again."


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """The document a passage stands in. `external_id` is its own name in its source, such as a path."""

    id: int
    external_id: str
    title: str
    url: str
    source: str
    updated_at: datetime | None
    is_stale: bool


@dataclass(frozen=True, slots=True)
class ReplyCitation:
    """`quote` is what the document says at the passage that `marker` stands for in the text."""

    marker: int
    passage_id: int
    quote: str
    document: DocumentRef


@dataclass(frozen=True, slots=True)
class ReplyUsage:
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float


@dataclass(frozen=True, slots=True)
class Reply:
    """`outcome` is None while the answer is being made; `withheld` says that its reader lost a right."""

    id: int
    conversation_id: int
    outcome: str | None
    mode: str
    text: str
    notice: str
    withheld: bool
    citations: list[ReplyCitation]
    model: str | None
    cached: bool
    usage: ReplyUsage
    timings_ms: dict[str, float]


def reply(answer: Answer, reader: Reader) -> Reply:
    """The answer for `reader`, who must be its asker; citations are checked with the rights of now."""
    shown = shown_answer(answer, reader)
    return Reply(
        id=answer.pk,
        conversation_id=answer.question.conversation_id,
        outcome=shown.outcome or None,
        mode=shown.mode,
        text=shown.text,
        notice=shown.notice or (FAILED if shown.outcome == Outcome.FAILED else ""),
        withheld=shown.is_withheld,
        citations=[reply_citation(citation) for citation in shown.citations],
        model=answer.model or None,
        cached=answer.reused_from_id is not None,
        usage=ReplyUsage(answer.prompt_tokens, answer.completion_tokens, float(answer.cost_usd)),
        timings_ms=timings_ms(answer),
    )


def reply_citation(citation: ShownCitation) -> ReplyCitation:
    document = DocumentRef(
        id=citation.document_id,
        external_id=citation.external_id,
        title=citation.title,
        url=citation.url,
        source=citation.source,
        updated_at=citation.updated_at,
        is_stale=citation.is_stale,
    )
    return ReplyCitation(citation.marker, citation.passage_id, citation.quote, document)


def timings_ms(answer: Answer) -> dict[str, float]:
    """Milliseconds of each step, and of the whole."""
    timings = {step.name: round(step.took_ms, 1) for step in answer.steps.all()}
    if answer.finished_at is not None:
        timings["total"] = round((answer.finished_at - answer.started_at).total_seconds() * 1000, 1)
    return timings
