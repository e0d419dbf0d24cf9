"""Which numbers, units, dates, names, limits and negations of a sentence its passages lack.

A particular must stand in a sentence that is about the claim: the 48 of another row of the table supports nothing. So
each is looked for in sentences that share about as many of the claim's words as the best one does.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from app.answers.checking.claims import Claim
from app.answers.checking.dates import Date, dates_in
from app.answers.checking.denials import denials
from app.answers.checking.designators import designators_in, of_the_designated, spans, strangers
from app.answers.checking.names import Name, capitalised_words, mentions, names_in, people_in, phones_in
from app.answers.checking.polarity import NEGATORS, OPPOSITE, bound_of
from app.answers.checking.quantities import MONEY, Quantity, quantities_in
from app.answers.checking.rates import other_rates
from app.answers.checking.sides import on_the_other_side
from app.answers.checking.sisters import of_another_kind
from app.answers.checking.source import Source, Stated
from app.answers.checking.words import content_stems, stem

Problem = dict[str, str]
# A sentence is about the claim if it shares this part of the words that the best sentence shares.
ABOUT = 0.6
# A part of a claim is looked at on its own if it has so many words.
FEWEST_WORDS = 2
LISTED_THINGS = """
    option options way ways step steps type types reason reasons point points condition conditions thing things
    category categories part parts case cases kind kinds group groups rule rules factor factors method methods
"""
COUNTED = frozenset(LISTED_THINGS.split())
SMALL_COUNT = 12
BEFORE_A_LIMIT = 12  # Characters of "up to" and the like that are shown with the figure.
PART = re.compile(r"[;:]|,\s+(?:and|but|while|whereas|or)\s|\s(?:and|but|while|whereas)\s|,\s")

# A claim of what holds beyond a limit: "if it takes longer". Two bounds that share everything between them.
A_CASE = re.compile(r"\b(?:if|when|once|whoever|anyone|anybody|who|those)\b", re.I)
REST = ({"more", "most"}, {"less", "least"})
# "Before him she chaired the board" tells of both.
IN_TURN = re.compile(r"\b(?:before|after|until|previously|formerly|earlier|later|succeed\w*|replace\w*)\b", re.I)
# Where one statement ends and the next begins, within a sentence.
PIECE = re.compile(r"[;:,]\s|\s(?:and|but|while|whereas)\s")


def missing(
    claim: Claim, sources: Sequence[Source], runs: Sequence[Sequence[Stated]], rarity: Mapping[str, float],
    known_names: frozenset[str],
) -> Iterator[Problem]:  # fmt: skip
    """The problems of a claim, none where the passages hold all its particulars."""
    text = claim.text
    dates = dates_in(text)
    designators = designators_in(text)
    taken = [*phones_in(text), *spans(designators), *((date.start, date.end) for date in dates)]
    quantities = quantities_in(text, taken)
    stems = content_stems(claim.whole)
    about = of_the_designated(designators, about_the_claim(stems, sources, rarity), sources)
    parts = [part for part in _parts_of(text) if len(content_stems(part)) >= FEWEST_WORDS]
    nearby = about + [each for part in parts for each in about_the_claim(content_stems(part), sources, rarity)]
    nearby += [source.stated[e.place - 1] for source in sources for e in source.stated if e.before and e in nearby]
    nearby = of_the_designated(designators, nearby, sources)
    run = [each for part in runs for each in part]
    if not quantities:
        yield from ({"kind": "name", "said": each.said} for each in strangers(designators, run, sources))
    yield from ({"kind": "unit", "said": said} for said in other_rates(text, quantities, nearby))
    yield from ({"kind": "limit", "said": said} for said in on_the_other_side(text, run))
    yield from ({"kind": "word", "said": said} for said in of_another_kind(text, run, sources))
    yield from _numbers(claim, quantities, nearby, sources)
    named = frozenset[str]().union(*(each.words for each in designators))
    yield from _swapped(text, stems | named, quantities, nearby, sources)
    yield from _dates(dates, nearby, sources)
    names = names_in(text, known_names, (*taken, *((each.start, each.end) for each in quantities)))
    yield from _names(names, stems, about, sources)
    yield from _of_another_clause(text, run)
    yield from _limits(text, quantities, nearby)
    yield from denials(text, run, about, sources)


def _parts_of(text: str) -> list[str]:
    return [part for part in PART.split(text) if part.strip()]


def about_the_claim(stems: frozenset[str], sources: Sequence[Source], rarity: Mapping[str, float]) -> list[Stated]:
    """The sentences that share nearly as much of the claim as the best one does, the heading among them."""
    scored = [
        (_weight((stems - source.heading_stems) & each.stems, rarity), each)
        for source in sources
        for each in [*source.stated, source.of_heading]
    ]
    best = max((value for value, _ in scored), default=0.0)
    near = [each for value, each in scored if value >= ABOUT * best]
    named = [each for source in sources for each in source.stated if _opens_with(each, stems)]
    if named:
        return [*named, *(each for each in near if not each.sentence.header)]
    return _of_the_row(stems, near)


def _opens_with(stated: Stated, stems: frozenset[str]) -> bool:
    """Whether the claim names what a row of a table is about: its first cell."""
    if not stated.sentence.header:
        return False
    cells = [cell for cell in stated.sentence.text.split("|") if cell.strip()]
    first = content_stems(cells[0]) if cells else frozenset[str]()
    return bool(first) and first <= stems


def _of_the_row(stems: frozenset[str], near: Sequence[Stated]) -> list[Stated]:
    """Of a table's rows those whose own cells are about the claim: all share the words of the header."""
    own = {id(each): len(stems & content_stems(each.sentence.text)) for each in near if each.sentence.header}
    best = max(own.values(), default=0)
    return [each for each in near if own.get(id(each), best) == best]


def _weight(stems: frozenset[str], rarity: Mapping[str, float]) -> float:
    return sum(rarity.get(each, 1.0) for each in stems)


def _together(parts: Sequence[str], sources: Sequence[Source]) -> bool:
    """A name whose parts stand in several passages that the sentence cites together."""
    return all(any(source.vocabulary.has(part) for source in sources) for part in parts)


def _numbers(
    claim: Claim, quantities: Sequence[Quantity], about: Sequence[Stated], sources: Sequence[Source]
) -> Iterator[Problem]:
    held = [quantity for each in about for quantity in each.quantities]
    numbered = {one for each in about for designator in each.designators for one in designator.ones}
    years = {year for source in sources for year in source.years}
    for quantity in quantities:
        if any(quantity.same_as(other) for other in held) or _only_counts(claim.text, quantity):
            continue
        if not quantity.dimension and (quantity.raw in years or f"{quantity.raw:g}" in numbered):
            continue
        same_value = any(quantity.dimension and quantity.raw == other.raw and other.dimension for other in held)
        yield {"kind": "unit" if same_value else "number", "said": quantity.said.strip()}


def _swapped(
    text: str, stems: frozenset[str], quantities: Sequence[Quantity], about: Sequence[Stated], sources: Sequence[Source]
) -> Iterator[Problem]:
    """A figure that its sentence gives to something else: "breakfast by 20 %, lunch by 40 %" says nothing of breakfast
    and 40.
    """
    for quantity in quantities:
        if _only_counts(quantity.said, quantity):
            continue
        verdicts = [_given_to_another(stems, quantity, quantities, each) for each in about]
        said = [verdict for verdict in verdicts if verdict is not None]
        if said and (all(said) or _is_of_another_name(text, quantity, about, sources)):
            yield {"kind": "number", "said": quantity.said.strip()}


def _is_of_another_name(text: str, quantity: Quantity, about: Sequence[Stated], sources: Sequence[Source]) -> bool:
    """ "In Groningen it is 70 %. In Gdańsk it is 80 %." gives no 70 to Gdańsk."""
    names = capitalised_words(text)
    having = [each for each in about if any(quantity.same_as(other) for other in each.quantities)]
    rivals = [
        each
        for source in sources
        for each in source.stated
        if any(o.dimension == quantity.dimension and not quantity.same_as(o) for o in each.quantities)
    ]
    own = [capitalised_words(each.text) for each in having]
    elsewhere = frozenset[str]().union(*(capitalised_words(each.text) for each in rivals if each not in having))
    return bool(own) and all(there - names and (names & elsewhere) - there for there in own)


def _given_to_another(
    stems: frozenset[str], quantity: Quantity, said: Sequence[Quantity], stated: Stated
) -> bool | None:
    """None where the sentence does not have the quantity."""
    holding = [words for words, own in stated.segments if any(quantity.same_as(other) for other in own)]
    if not holding:
        return None
    rivals = [
        words
        for words, own in stated.segments
        if own and any(o.dimension == quantity.dimension and not quantity.same_as(o) for o in own)
        and not any(claimed.same_as(other) for other in own for claimed in said)
    ]  # fmt: skip
    held, of_rivals = frozenset[str]().union(*holding), frozenset[str]().union(*rivals)
    if any(" " in word for word in stems & held):
        return False  # It is said of the claim's own "zone 3".
    return bool(stems & of_rivals - held) and all(words - stems - of_rivals for words in holding)


def _names(
    names: Sequence[Name], stems: frozenset[str], about: Sequence[Stated], sources: Sequence[Source]
) -> Iterator[Problem]:
    if len(sources) == 1 and (apart := _apart(names, sources[0])):
        yield {"kind": "name", "said": apart.said}
    for name in names:
        holders = [source for source in sources if mentions(source.vocabulary, name)]
        if (not holders and not _together(name.parts, sources)) or (
            holders and all(_of_another_line(name, stems, about, source) for source in holders)
        ):
            yield {"kind": "name", "said": name.said}


def _of_another_clause(text: str, run: Sequence[Stated]) -> Iterator[Problem]:
    """ "Henrik Sandberg chairs the board; his predecessor was Carla Moretti" says not that she chairs it."""
    pieces = [piece for each in run if not each.sentence.header for piece in PIECE.split(each.text) if piece.strip()]
    held = [(content_stems(piece), set(people_in(piece))) for piece in pieces]
    for part in PIECE.split(text):
        people = people_in(part)
        if len(people) != 1 or IN_TURN.search(text):
            continue
        said = content_stems(part) - content_stems(people[0])
        most = max((len(said & stems) for stems, _ in held), default=0)
        if most < max(1, len(said) / 2):
            continue
        telling = [there for stems, there in held if len(said & stems) == most]
        holding = [stems for stems, there in held if people[0] in there]
        if holding and any(telling) and not any(stems & said for stems in holding):
            yield {"kind": "name", "said": people[0]}


def _apart(names: Sequence[Name], source: Source) -> Name | None:
    """A name that stands in rows of a table of which none holds the others that stand in it."""
    rows = [source.line_of(each) for each in source.stated if each.sentence.header]
    inside = [name for name in names if any(mentions(row, name) for row in rows)]
    inside = [name for name in inside if not mentions(source.vocabulary_of_heading, name)]
    together = any(all(mentions(row, name) for name in inside) for row in rows)
    return None if together or len(inside) < 2 else inside[-1]


def _of_another_line(name: Name, stems: frozenset[str], about: Sequence[Stated], source: Source) -> bool:
    """Whether the name stands only in other rows or items than the one that is about the claim, which names another."""
    own = [each for each in source.stated if each in about]
    best = max((len(stems & each.stems) for each in own), default=0)
    closest = [each for each in own if len(stems & each.stems) == best]
    if not closest or mentions(source.vocabulary_of_heading, name):
        return False
    if not all(source.is_row_or_item(each) for each in closest):
        return False
    lines = [source.line_of(each) for each in closest]
    if any(mentions(line, name) for line in lines):
        return False
    return all(_other_names(each, stems) for each in closest)


def _other_names(stated: Stated, stems: frozenset[str]) -> bool:
    return any(stem(word) not in stems for word in capitalised_words(f"x {stated.sentence.text}"))


def _only_counts(text: str, quantity: Quantity) -> bool:
    """ "There are two ways": a count of what the passage lists, not a figure in it; "one euro is …" neither."""
    if quantity.dimension in MONEY.values() and quantity.said.lower().startswith("one "):
        return True
    if quantity.dimension or quantity.raw > SMALL_COUNT:
        return False
    if quantity.said.lower() == "one":
        return True
    following = text[quantity.end :].lower().split()[:2]
    return bool(COUNTED.intersection(word.strip(".,:;") for word in following))


def _dates(dates: Sequence[Date], about: Sequence[Stated], sources: Sequence[Source]) -> Iterator[Problem]:
    held = [date for each in about for date in each.dates]
    years = {year for source in sources for year in source.years}
    for date in dates:
        fitting = [other for other in held if date.covered_by(other)]
        if any(date.year is None or other.year is not None for other in fitting):
            continue
        if (fitting or date.month is None) and date.year in years:
            continue
        yield {"kind": "date", "said": date.said}


def _limits(text: str, quantities: Sequence[Quantity], about: Sequence[Stated]) -> Iterator[Problem]:
    for quantity in quantities:
        said = bound_of(text, quantity.start, quantity.end)
        if not said:
            continue
        denies, is_a_case = bool(NEGATORS.search(text)), bool(A_CASE.search(text))
        others = [
            (bound, is_a_case or denies != bool(NEGATORS.search(each.text)))
            for each in about
            for other in each.quantities
            if quantity.same_as(other) and (bound := bound_of(each.text, other.start, other.end))
        ]
        # "Above 50 euros with a receipt" is what "up to 50 euros without a receipt" leaves.
        if others and all(_are_opposed(said, bound, is_the_rest) for bound, is_the_rest in others):
            around = text[max(0, quantity.start - BEFORE_A_LIMIT) : quantity.end]
            yield {"kind": "limit", "said": around.split(" ", 1)[-1].strip()}


def _are_opposed(said: str, bound: str, is_the_rest: bool) -> bool:
    return (said, bound) in OPPOSITE and not (is_the_rest and {said, bound} in REST)
