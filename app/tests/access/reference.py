"""Who may read what, said once more in a few lines that share nothing with the product: tests compare the two."""

from dataclasses import dataclass, field


@dataclass
class Person:
    email: str
    groups: set[str] = field(default_factory=set)
    is_open: bool = True


@dataclass
class Paper:
    """A document: its source is for everyone or for groups; it may be for some groups and people among them alone."""

    for_everyone: bool
    groups: set[str]
    is_there: bool = True
    only_groups: set[str] | None = None
    only_people: set[str] = field(default_factory=set)


def may_read(person: Person, paper: Paper) -> bool:
    if not person.is_open or not paper.is_there:
        return False
    if not (paper.for_everyone or person.groups & paper.groups):
        return False
    if paper.only_groups is None:
        return True
    return bool(person.groups & paper.only_groups) or person.email in paper.only_people
