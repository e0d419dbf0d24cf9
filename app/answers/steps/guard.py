"""Looks at the question before anything is done with it."""

from app.answers.draft import Draft


async def guard(draft: Draft) -> None:
    """Nothing is looked for yet."""
