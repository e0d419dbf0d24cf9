"""Makes a follow-up question stand alone, so that it can be searched for."""

from app.answers.draft import Draft
from app.answers.steps.follow_up import standalone


async def rewrite(draft: Draft) -> None:
    draft.standalone = standalone(draft.question, draft.history) if draft.history else draft.question
