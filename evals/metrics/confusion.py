"""A confusion matrix: how often what should have been X was Y."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.quality.intervals import Figure, wilson


@dataclass(frozen=True, slots=True)
class Confusion:
    """`counts[expected, got]`; `labels` in the order in which rows and columns stand."""

    labels: tuple[str, ...]
    counts: Mapping[tuple[str, str], int]

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]], labels: Sequence[str] = ()) -> "Confusion":
        """From (expected, got). Labels that are not given are added in alphabetical order."""
        counts = Counter(pairs)
        seen = {label for pair in counts for label in pair}
        return cls((*labels, *sorted(seen.difference(labels))), counts)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def count(self, expected: str, got: str) -> int:
        return self.counts.get((expected, got), 0)

    def accuracy(self) -> Figure | None:
        """The share on the diagonal."""
        return _share(sum(self.count(label, label) for label in self.labels), self.total)

    def precision(self, label: str) -> Figure | None:
        """Of what got this label, the share that should have."""
        return _share(self.count(label, label), sum(self.count(each, label) for each in self.labels))

    def recall(self, label: str) -> Figure | None:
        """Of what should have got this label, the share that did."""
        return _share(self.count(label, label), sum(self.count(label, each) for each in self.labels))

    def rows(self, expected: str = "expected", got: str = "got") -> list[str]:
        """A Markdown table, one row for each expected label."""
        return [
            f"| {expected} \\ {got} | {' | '.join(self.labels)} |",
            f"|---{'|---' * len(self.labels)}|",
            *(f"| {row} | {' | '.join(str(self.count(row, each)) for each in self.labels)} |" for row in self.labels),
        ]


def _share(part: int, whole: int) -> Figure | None:
    return wilson(part, whole)
