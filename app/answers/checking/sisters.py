"""Words of one kind of which one alone is meant: "phone" and "laptop", "contractor" and "employee", "large", "small".

Such a word changes a sentence that is otherwise the passage's own. Only words for which no other would be a paraphrase
stand here.
"""

from collections.abc import Iterator, Sequence

from app.answers.checking.source import Source, Stated
from app.answers.checking.words import content_stems, stem, words_of

KINDS = """
    employee contractor supplier customer visitor guest applicant shareholder
    manager apprentice intern director trainee
    payroll helpdesk finance legal marketing sales purchasing reception engineering production security accounting
    large small
    internal external
    domestic international
    laptop phone tablet monitor keyboard headset printer desk chair
    breakfast lunch dinner
    train plane flight bus taxi bicycle ferry
    english german dutch polish french spanish italian danish swedish portuguese
    maternity paternity adoption
    mother father
    morning afternoon evening night
    summer winter spring autumn
    vegan vegetarian
    red yellow green blue black white orange
    increase decrease
    add remove
    open close
    arrive depart
    upload download
    paid unpaid
    mandatory optional
    mandatory voluntary
    north south east west
    upper lower
    email letter fax
"""
GROUPS = tuple(frozenset(map(stem, line.split())) for line in KINDS.splitlines() if line.strip())


def of_another_kind(text: str, run: Sequence[Stated], sources: Sequence[Source]) -> Iterator[str]:
    """Words of the claim that no passage has, while the sentences it rests on have another of the kind instead."""
    own = content_stems(text)
    held = frozenset[str]().union(*(source.stems for source in sources))
    near = frozenset[str]().union(*(each.stems for each in run))
    for group in GROUPS:
        said, instead = group & own - held, group & near - own
        if said and instead:
            yield next(word for word in words_of(text) if stem(word) in said)
