"""Who may read what: the Reader that travels with every question, and the one filter that uses it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q


@dataclass(frozen=True, slots=True)
class Reader:
    """The rights a question is asked with. `user_id` None with no groups reads what everyone may read."""

    user_id: int | None = None
    group_ids: frozenset[int] = field(default_factory=frozenset)


def reader_for(user: Any) -> Reader:
    """The rights of a signed-in user. Rights come from groups alone: a role opens no document."""
    groups: Iterable[int] = user.groups.values_list("pk", flat=True)
    return Reader(user_id=user.pk, group_ids=frozenset(groups))


def readable(reader: Reader, prefix: str = "access_set__") -> Q:
    """A condition on rows with an access set: everyone's, one of the reader's groups', or the reader's own.

    Of a set within another one, both must hold.
    """
    own, around = _listed(reader, prefix), _listed(reader, f"{prefix}within__")
    return own & (Q(**{f"{prefix}within__isnull": True}) | around)


def _listed(reader: Reader, prefix: str) -> Q:
    condition = Q(**{f"{prefix}everyone": True})
    if reader.group_ids:
        condition |= Q(**{f"{prefix}group_ids__overlap": sorted(reader.group_ids)})
    if reader.user_id is not None:
        condition |= Q(**{f"{prefix}user_ids__contains": [reader.user_id]})
    return condition


READABLE_SETS_SQL = """
    SELECT own.id FROM corpus_accessset own LEFT JOIN corpus_accessset around ON around.id = own.within_id
    WHERE (own.everyone OR own.group_ids && %(groups)s::int[] OR own.user_ids @> %(user)s::int[])
      AND (around.id IS NULL
           OR around.everyone OR around.group_ids && %(groups)s::int[] OR around.user_ids @> %(user)s::int[])
"""
"""The same condition for hand-written SQL; its parameters come from `access_parameters`."""


def access_parameters(reader: Reader) -> dict[str, list[int]]:
    # A user id of -1 matches nobody: `@> '{}'` would be true of every row.
    return {
        "groups": sorted(reader.group_ids),
        "user": [reader.user_id if reader.user_id is not None else -1],
    }
