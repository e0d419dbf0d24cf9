"""What a caller wants searched: some sources, or only what changed lately. Filters narrow, whoever asks."""

from datetime import date
from typing import Any

from ninja import Field

from app.answers.chosen_filters import MOST_SOURCES, FilterError, chosen_filters
from app.api.authentication import Caller
from app.api.fields import MAX_ID, RequestBody
from app.api.problems import ProblemError


class FiltersIn(RequestBody):
    sources: list[int] = Field(
        default_factory=list, max_length=MOST_SOURCES, description="Ids of sources that you may read. Empty: all."
    )
    # A day comes as text in JSON, which strict fields do not take.
    changed_since: date | None = Field(
        default=None, strict=False, description="Only documents that changed on this day (UTC) or later, and say so."
    )


def checked_filters(caller: Caller, wanted: FiltersIn | None, *, fresh: bool = False) -> dict[str, Any]:
    """Filters as a question keeps them. Raises a 422 for a source that is not there or may not be read, alike."""
    wanted = wanted or FiltersIn()
    try:
        if not all(0 < each <= MAX_ID for each in wanted.sources):
            raise FilterError("One of the chosen sources is not there, or you may not read it.")
        return chosen_filters(caller.reader, source_ids=wanted.sources, changed_since=wanted.changed_since, fresh=fresh)
    except FilterError as error:
        raise ProblemError(422, str(error)) from None
