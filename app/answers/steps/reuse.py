"""Gives an earlier answer again where it would come out the same."""

from app.answers.draft import Draft


async def reuse(draft: Draft) -> None:
    """Nothing is reused yet."""
