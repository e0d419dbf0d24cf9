"""Looks over the finished answer: stale sources make a caveat, and differing figures are pointed out."""

from django.utils import timezone

from app.answers.draft import Cited, Draft
from app.answers.models import Outcome
from app.answers.steps.disagree import disagreement


async def verify(draft: Draft) -> None:
    if draft.outcome not in (Outcome.ANSWERED, Outcome.DEGRADED):
        return
    notes = [draft.notice] if draft.notice else []
    differing = disagreement(draft.standalone, [(c.passage.document_id, c.quote) for c in draft.citations])
    stale = [cited for cited in draft.citations if cited.passage.is_stale]
    if differing is not None:
        first, second = (draft.citations[index] for index in differing)
        notes.append(f"Sources differ: {described(first)}; {described(second)}. Check which one applies to you.")
    elif stale:
        notes.append("; ".join(f"{described(cited)}" for cited in stale) + ".")
    if draft.outcome == Outcome.ANSWERED and (differing is not None or stale):
        draft.outcome = Outcome.CONFLICT if differing is not None else Outcome.CAVEAT
    draft.notice = " ".join(notes)


def described(cited: Cited) -> str:
    """The source with the dates that tell how far to trust it."""
    passage = cited.passage
    facts = [f"last changed {passage.updated_at:%d %B %Y}"] if passage.updated_at else []
    if passage.valid_until is not None and passage.valid_until < timezone.now().date():
        facts.append(f"past its review date of {passage.valid_until:%d %B %Y}")
    elif passage.is_stale:
        facts.append("not checked as recently as it should be")
    dates = f" ({', '.join(facts)})" if facts else ""
    return f"[{cited.marker}] {passage.title}{dates}"
