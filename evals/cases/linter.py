"""Refuses cases that are broken, double, or not true of the sample company, with a sentence for each. Pure."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from app.reviews.case_format import KINDS, NAME, OUTCOMES, SILENT_OUTCOMES
from evals.cases.case import Case, Line
from evals.cases.quoting import stands_in, words_of
from evals.metrics.facts import states

FEWEST, FEWEST_OF_A_KIND = 300, 10
# Questions of one asker that share this part of their words are one question.
ALIKE = 0.8
LETTERS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Company:
    """What cases are checked against."""

    askers: frozenset[str]
    words: Mapping[str, str]
    """Of each document, by its path: its text as `words_of` gives it."""
    may_read: Callable[[str, str], bool]
    """Of an asker and a document."""


@dataclass(frozen=True, slots=True)
class Problem:
    file: str
    line: int
    id: str
    sentence: str

    def __str__(self) -> str:
        where = [each for each in (self.file, f"line {self.line}" if self.line else "", self.id) if each]
        return f"{', '.join(where)}: {self.sentence}" if where else self.sentence


Sentences = Iterator[str]


def lint(
    lines: Sequence[Line], company: Company, *, fewest: int = FEWEST, fewest_of_a_kind: int = FEWEST_OF_A_KIND
) -> list[Problem]:
    """Every problem of the lines, in their order; those of the whole set come last."""
    problems = [Problem(line.file, line.number, "", line.error) for line in lines if line.case is None]
    placed = [(line, line.case) for line in lines if line.case is not None]
    for line, case in placed:
        problems += [Problem(line.file, line.number, case.id, sentence) for sentence in _of_one(case, company)]
    problems += _doubles(placed)
    return problems + [
        Problem("", 0, "", sentence) for sentence in _of_all([case for _, case in placed], fewest, fewest_of_a_kind)
    ]


def _of_one(case: Case, company: Company) -> Sentences:
    yield from _names(case, company)
    yield from _outcomes(case)
    yield from _passages(case, company)
    yield from _facts(case)
    if "no-access" in case.tags and case.asker in company.askers:
        yield from _closed(case, company)


def _names(case: Case, company: Company) -> Sentences:
    if not NAME.fullmatch(case.id):
        yield "The id is words in small letters and a number of two digits, such as “travel-hotel-01”."
    if case.asker not in company.askers:
        yield f"{case.asker} is no account of the sample company."
    for tag in case.tags:
        if tag not in KINDS:
            yield f"“{tag}” is no kind of case. Kinds are {', '.join(KINDS)}."
    if not case.tags:
        yield "It has no tag."
    if len(set(case.tags)) < len(case.tags):
        yield "It has a tag twice."
    if case.reviewed and not _is_date(case.reviewed):
        yield f"“reviewed” is empty or a date such as 2026-11-23, not “{case.reviewed}”."
    if ("follow-up" in case.tags) != bool(case.history):
        yield "A follow-up has a history, and only a follow-up has one."


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _outcomes(case: Case) -> Sentences:
    for outcome in (case.expected, *case.also_accepted):
        if outcome not in OUTCOMES:
            yield f"“{outcome}” is no outcome. Outcomes are {', '.join(sorted(OUTCOMES))}."
    if case.expected in case.also_accepted:
        yield f"“{case.expected}” is expected and also accepted: leave it out of the second."
    if case.expected in SILENT_OUTCOMES and (case.gold or case.must):
        yield f"Where {case.expected} is expected, nothing is cited or stated: leave “gold” and “must” empty."
    if case.expected in set(OUTCOMES) - SILENT_OUTCOMES and not (case.gold and case.must):
        yield f"Where {case.expected} is expected, “gold” and “must” say what is cited and stated."


def _passages(case: Case, company: Company) -> Sentences:
    for gold in case.gold:
        if gold.document not in company.words:
            yield f"There is no document {gold.document} in the sample company."
            continue
        if words_of(gold.quote) not in company.words[gold.document]:
            yield f"“{gold.quote}” does not stand in {gold.document}."
        if "no-access" not in case.tags and not company.may_read(case.asker, gold.document):
            yield f"{case.asker} may not read {gold.document}."
    if "multi-document" in case.tags and len({gold.document for gold in case.gold}) < 2:
        yield "A case of several documents has gold passages of at least two."


def _facts(case: Case) -> Sentences:
    """Facts of a passage are looked for as they stand there; an answer is read as the metrics read it."""
    for fact in case.must:
        if not case.derived and not any(stands_in(each, gold.quote) for each in fact for gold in case.gold):
            yield f"The fact {_either(fact)} stands in no gold passage. If it is worked out, say “derived”: true."
        if not states(case.reference, fact):
            yield f"The reference does not state {_either(fact)}, which every answer must."
        for forbidden in case.must_not:
            if any(states(spelling, forbidden) for spelling in fact):
                yield f"“{forbidden}” must not appear, and {_either(fact)} must."
    for forbidden in case.must_not:
        if states(case.reference, forbidden):
            yield f"The reference states “{forbidden}”, which must not appear."


def _closed(case: Case, company: Company) -> Sentences:
    """What somebody without access must not be told is told by no document that is open to them."""
    if case.expected in SILENT_OUTCOMES and not case.must_not:
        yield "A case without access names in “must_not” what the closed document says."
    readable = [path for path in company.words if company.may_read(case.asker, path)]
    for forbidden in case.must_not:
        told = next((path for path in readable if words_of(forbidden) in company.words[path]), None)
        if told:
            yield f"“{forbidden}” must not appear, but {case.asker} may read it in {told}."
    closed = [text for path, text in company.words.items() if path not in readable]
    if case.must_not and not any(words_of(each) in text for each in case.must_not for text in closed):
        yield f"Nothing of “must_not” stands in a document that is closed to {case.asker}."


def _either(fact: Sequence[str]) -> str:
    return " or ".join(f"“{each}”" for each in fact)


def _doubles(placed: Sequence[tuple[Line, Case]]) -> list[Problem]:
    return [*_taken_ids(placed), *_repeated_questions(placed)]


def _taken_ids(placed: Sequence[tuple[Line, Case]]) -> Iterator[Problem]:
    first: dict[str, Line] = {}
    for line, case in placed:
        if other := first.get(case.id):
            yield Problem(line.file, line.number, case.id, f"The id is taken by {other.file}, line {other.number}.")
        first.setdefault(case.id, line)


def _repeated_questions(placed: Sequence[tuple[Line, Case]]) -> Iterator[Problem]:
    words = [_asked(case) for _, case in placed]
    for (at, (_, one)), (later, (line, case)) in combinations(enumerate(placed), 2):
        if one.asker == case.asker and one.id != case.id and _share(words[at], words[later]) >= ALIKE:
            sentence = f"{case.asker} asks nearly the same in {one.id}: “{one.question}”"
            yield Problem(line.file, line.number, case.id, sentence)


def _asked(case: Case) -> frozenset[str]:
    """The words of the question and of what was asked before it: a follow-up means little alone."""
    text = " ".join([*(turn.question for turn in case.history), case.question])
    return frozenset(LETTERS.findall(text.casefold()))


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(len(one | other), 1)


def _of_all(cases: Sequence[Case], fewest: int, fewest_of_a_kind: int) -> Sentences:
    if len(cases) < fewest:
        yield f"There are {len(cases)} cases; at least {fewest} are needed."
    kinds = Counter(tag for case in cases for tag in case.tags)
    for kind in KINDS:
        if kinds[kind] < fewest_of_a_kind:
            yield f"There are {kinds[kind]} cases of the kind {kind}; at least {fewest_of_a_kind} are needed."
