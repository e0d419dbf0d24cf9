"""A passage prepared for comparing: its sentences, each with its words, quantities, dates and names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from app.answers.checking.claims import TABLE_RULE
from app.answers.checking.dates import Date, dates_in, years_in
from app.answers.checking.designators import Designator, designators_in, spans
from app.answers.checking.names import Vocabulary
from app.answers.checking.polarity import SEGMENT, Clause, clauses_of
from app.answers.checking.quantities import Quantity, quantities_in
from app.answers.checking.words import content_stems
from app.corpus.sentences import BULLET, Sentence, split

POINTER = re.compile(
    r"(?:it|they|them|this|these|those|that|he|she|both|such|its|their|there|after that|above that)\b", re.I
)


@dataclass(frozen=True)
class Stated:
    """One sentence of a passage; `place` is where it stands among them. A row of a table speaks with its header."""

    place: int
    sentence: Sentence
    before: frozenset[str] = frozenset()
    """The words of the sentence before, where this one opens with "They" or "It" and means them."""

    @property
    def text(self) -> str:
        return self.sentence.shown

    @cached_property
    def stems(self) -> frozenset[str]:
        return content_stems(self.text) | self.before

    @cached_property
    def dates(self) -> list[Date]:
        return dates_in(self.text)

    @cached_property
    def quantities(self) -> list[Quantity]:
        return quantities_in(self.text, [*spans(self.designators), *((date.start, date.end) for date in self.dates)])

    @cached_property
    def segments(self) -> list[tuple[frozenset[str], list[Quantity]]]:
        """The parts between commas and "and": their words, and the quantities that belong to them."""
        cuts = list(SEGMENT.finditer(self.text))
        parts: list[tuple[frozenset[str], list[Quantity]]] = []
        start = 0
        for end, joint in [*((cut.start(), cut[0]) for cut in cuts), (len(self.text), "")]:
            own = [each for each in self.quantities if start <= each.start < end]
            if own or joint.lower() != "and":  # "Lunch and dinner by 40 %" is one part.
                named = {word for each in self.designators if start <= each.start < end for word in each.words}
                parts.append((content_stems(self._without_amounts(start, end)) | named, own))
                start = end
        return parts

    @cached_property
    def designators(self) -> list[Designator]:
        return designators_in(self.text)

    def _without_amounts(self, start: int, end: int) -> str:
        """ "Half an hour" and "30 minutes" have no word in common, and "hour" says nothing of whose they are."""
        text = self.text
        for each in self.quantities:
            text = text[: each.start] + " " * (each.end - each.start) + text[each.end :]
        return text[start:end]

    @cached_property
    def clauses(self) -> list[Clause]:
        return clauses_of(self.text)


@dataclass(frozen=True)
class Source:
    """A passage with the title and headings above it. `year` is that of its last change, 0 where unknown."""

    text: str
    heading: str = ""
    year: int = 0
    stated: tuple[Stated, ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, text: str, heading: str = "", year: int = 0) -> "Source":
        # The rule below a table's header would part the header from its rows.
        plain = TABLE_RULE.sub(lambda rule: " " * len(rule[0]), text)
        sentences: list[Stated] = []
        for place, sentence in enumerate(split(plain)):
            last = sentences[-1] if sentences else None
            leans = last and POINTER.match(sentence.text) and "\n" not in plain[last.sentence.end : sentence.start]
            sentences.append(Stated(place, sentence, last.stems if last and leans else frozenset()))
        return cls(text, heading, year, tuple(sentences))

    @cached_property
    def heading_stems(self) -> frozenset[str]:
        return content_stems(self.heading)

    @cached_property
    def stems(self) -> frozenset[str]:
        return frozenset[str]().union(self.heading_stems, *(each.stems for each in self.stated))

    @cached_property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary.of(f"{self.heading}\n{self.text}")

    @cached_property
    def vocabulary_of_heading(self) -> Vocabulary:
        return Vocabulary.of(self.heading)

    def line_of(self, stated: Stated) -> Vocabulary:
        """The words of the line of text that a sentence stands in: a paragraph, a list item, a row with its header."""
        start = self.text.rfind("\n", 0, stated.sentence.start) + 1
        end = self.text.find("\n", stated.sentence.end)
        return Vocabulary.of(f"{stated.sentence.header}\n{self.text[start : end if end >= 0 else len(self.text)]}")

    def is_row_or_item(self, stated: Stated) -> bool:
        """Whether the sentence is a row of a table or an item of a list, which speaks of nothing but itself."""
        line = self.text.rfind("\n", 0, stated.sentence.start) + 1
        return bool(stated.sentence.header or BULLET.match(self.text, line))

    @cached_property
    def years(self) -> frozenset[int]:
        return years_in(f"{self.heading} {self.text}") | ({self.year} if self.year else frozenset())

    @cached_property
    def of_heading(self) -> Stated:
        """The title and headings as one more sentence: "Travel policy 2026" says which year is meant."""
        return Stated(-1, Sentence(0, 0, self.heading))


def document_frequencies(sources: Sequence[Source]) -> dict[str, int]:
    """In how many of the passages each stem occurs."""
    counts: dict[str, int] = {}
    for source in sources:
        for each in source.stems:
            counts[each] = counts.get(each, 0) + 1
    return counts
