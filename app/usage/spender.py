"""Whose account a use is put on: a person, their groups, and everybody."""

from collections.abc import Iterable
from dataclasses import dataclass, field

EVERYONE = "everyone"


@dataclass(frozen=True, slots=True)
class Spender:
    """`user_id` is None on the command line and in evaluation: such a use counts for everybody alone."""

    user_id: int | None = None
    group_ids: frozenset[int] = field(default_factory=frozenset)

    @property
    def subjects(self) -> tuple[str, ...]:
        """The names of the tallies that a use is added to."""
        groups = (group_subject(each) for each in sorted(self.group_ids))
        own = () if self.user_id is None else (user_subject(self.user_id),)
        return (EVERYONE, *groups, *own)


def user_subject(user_id: int) -> str:
    return f"user:{user_id}"


def group_subject(group_id: int) -> str:
    return f"group:{group_id}"


def ids_in(subjects: Iterable[str], kind: str) -> list[int]:
    """The numbers of the users or groups among `subjects`."""
    return [int(each.removeprefix(f"{kind}:")) for each in subjects if each.startswith(f"{kind}:")]
