"""Figures of cases by tag, as rows of a Markdown table: each with its confidence interval and number of cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.quality.intervals import Figure, mean_figure, wilson

ALL = "all"
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Measured:
    """One case's figures by name; None (or no entry) for what could not be measured in it."""

    tags: tuple[str, ...]
    figures: Mapping[str, float | None]


def by_tag(cases: Sequence[Measured], names: Sequence[str]) -> dict[str, dict[str, Figure | None]]:
    """The mean of each named figure over all cases, and over those of each tag in alphabetical order."""
    tags = sorted({tag for case in cases for tag in case.tags})
    groups = {ALL: list(cases)} | {tag: [case for case in cases if tag in case.tags] for tag in tags}
    return {tag: {name: figure_of(group, name) for name in names} for tag, group in groups.items()}


def figure_of(cases: Sequence[Measured], name: str) -> Figure | None:
    """A yes/no figure (nothing but 0 and 1) has Wilson's interval, which is right where all or none succeeded too;
    any other that of the bootstrap. None where no case has the figure."""
    known = [value for case in cases if (value := case.figures.get(name)) is not None]
    if all(value in (0, 1) for value in known):
        return wilson(round(sum(known)), len(known))
    return mean_figure(known)


def rows(cases: Sequence[Measured], names: Sequence[str]) -> list[str]:
    """The table. `n` is the number of cases of the tag; a figure that fewer of them have says its own number."""
    table = by_tag(cases, names)
    sizes = {tag: sum(tag == ALL or tag in case.tags for case in cases) for tag in table}
    return [
        f"| cases | n | {' | '.join(names)} |",
        f"|---|---{'|---' * len(names)}|",
        *(
            f"| {tag} | {sizes[tag]} | {' | '.join(cell(figure, sizes[tag]) for figure in figures.values())} |"
            for tag, figures in table.items()
        ),
    ]


def cell(figure: Figure | None, n: int) -> str:
    """ "0.93 (0.89–0.96)", with "of 12" where the figure is of fewer than the n cases of its row."""
    if figure is None:
        return NOTHING
    own = f", of {figure.n}" if figure.n != n else ""
    return f"{figure.value:.2f} ({figure.low:.2f}–{figure.high:.2f}{own})"
