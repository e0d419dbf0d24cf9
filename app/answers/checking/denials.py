"""Which negations, quantifiers and obligations of a sentence its passages do not bear out.

What a negation reaches matters: "some merchants do not accept the card because the fee is high" does not deny the fee.
These are readings, not look-ups: a model that reads better may overrule them.
"""

import re
from collections.abc import Iterator, Sequence

from app.answers.checking.polarity import (
    CLAUSE,
    CONDITION,
    EXCLUSIVE,
    MAY,
    MUST,
    NEEDS,
    NEGATORS,
    NOT_NEEDED,
    ONLY,
    PARTIAL,
    SET_PHRASES,
    STRONG_UNIVERSAL,
    UNIVERSAL,
    Clause,
    clauses_of,
    half_negators,
)  # fmt: skip
from app.answers.checking.quantities import Quantity, quantities_in
from app.answers.checking.source import Source, Stated
from app.answers.checking.words import content_stems

Problem = dict[str, str]
DIGIT = re.compile(r"\d")
# "Only" denies what it leaves out, but not all there is.
NEVER = re.compile(r"\b(?:never|nobody|no one|none|under no circumstances)\b", re.I)
# Clauses are compared where this share of the words of the shorter one is common, and at least so many.
SAME_CLAUSE, FEWEST_COMMON = 0.5, 2


def denials(text: str, run: Sequence[Stated], about: Sequence[Stated], sources: Sequence[Source]) -> Iterator[Problem]:
    near = [*run, *(each for each in about if each not in run)]
    near += [source.stated[e.place - 1] for source in sources for e in source.stated if e.before and e in near]
    own = content_stems(text)
    said = [part for source in sources for each in source.stated for part in CLAUSE.split(each.text)]
    related = [part for part in said if len(own & content_stems(part)) >= FEWEST_COMMON]
    limited = any(ONLY.search(part) for part in related)
    best, whole = " ".join(each.text for each in run), " ".join(each.text for each in near)
    plain = SET_PHRASES.sub(" ", text)
    claims_only = bool(EXCLUSIVE.search(plain))
    if claims_only and not limited and not ONLY.search(whole):
        yield {"kind": "quantifier", "said": "only"}
    strong = STRONG_UNIVERSAL.search(plain)
    narrowed = PARTIAL.search(best) or (limited and ONLY.search(best) and not ONLY.search(plain))
    if strong and narrowed and not NEGATORS.search(strong[0]) and not UNIVERSAL.search(whole):
        yield {"kind": "quantifier", "said": strong[0].lower()}
    if (must := MUST.search(text)) and MAY.search(best) and not NEEDS.search(whole):
        yield {"kind": "obligation", "said": must[0].lower()}
    waived = NOT_NEEDED.search(text)
    if waived and NEEDS.search(best) and not NOT_NEEDED.search(whole) and not _may_deny_need(whole):
        yield {"kind": "obligation", "said": waived[0].lower()}
        return
    if denied := _turned(text, near, limited=limited):
        yield {"kind": "negation", "said": denied}


def _turned(text: str, near: Sequence[Stated], *, limited: bool) -> str:
    """What the claim denies and the passage does not, or the other way round; "" where neither.

    `limited`: the passage says "only", which denies all the rest.
    """
    clauses = clauses_of(text)
    others = [other for each in near if each.place >= 0 for other in each.clauses]
    amounts = quantities_in(text)
    # "Nobody under 18 may work at night" denies nothing of what the night shift earns.
    telling = [other for other in others if not other.denies or _has_no_amount_but(amounts, other)]
    there = frozenset[str]().union(*(other.half for other in others))
    denying = [clause for clause in clauses if clause.denies and not clause.is_condition and clause.half <= there]
    may_deny = there - half_negators(text) or any(NEGATORS.search(each.text) for each in near)
    if denying and not limited and not may_deny:
        held = frozenset[str]().union(*(each.stems for each in near))
        return "not" if any(clause.reached & held for clause in denying) else ""
    if not NEGATORS.search(text) and half_negators(text) <= there and not CONDITION.search(text):
        stems = frozenset[str]().union(*(clause.stems for clause in clauses))
        if _is_denied(stems, telling):
            return "not left out"
    is_said = any(_denies_of(each, content_stems(text)) for each in near)
    for clause in clauses:
        if said := _turned_clause(clause, others if clause.denies else telling, text, is_excused=limited or is_said):
            return said
    return ""


def _has_no_amount_but(amounts: Sequence[Quantity], other: Clause) -> bool:
    return all(any(own.same_as(each) for own in amounts) for each in other.amounts)


def _may_deny_need(text: str) -> bool:
    return bool(re.search(r"\b(?:without|optional|not have to|may)\b", text, re.I))


def _denies_of(stated: Stated, stems: frozenset[str]) -> bool:
    """Whether the sentence denies something of what the claim speaks of."""
    return bool(NEGATORS.search(SET_PHRASES.sub(" ", stated.text))) and len(stems & stated.stems) >= FEWEST_COMMON


def _is_denied(stems: frozenset[str], others: Sequence[Clause]) -> bool:
    """Whether a clause of the passage denies nothing but what the claim says, and no other affirms as much of it."""
    affirmed = max((len(stems & other.stems) for other in others if not other.denies), default=0)
    denied = [each for each in others if each.denies and not each.is_condition and each.stems <= stems]
    return bool(denied) and affirmed <= len(stems) // 2 + 1


def _turned_clause(clause: Clause, others: Sequence[Clause], text: str, *, is_excused: bool) -> str:
    matches = []
    for other in others:
        shared = len(clause.stems & other.stems)
        if shared < FEWEST_COMMON or other.is_condition != clause.is_condition:
            continue
        part = shared / min(len(clause.stems), len(other.stems))
        if other.half != clause.half:
            denies = clause.denies  # "Unused" may be "not taken": nothing follows.
        else:
            # A denial of something else within the clause takes nothing from a claim.
            denies = other.denies and (clause.denies or bool(other.reached & clause.stems))
        matches.append((part * shared, part, denies))
    if clause.denies and NEVER.search(text) and any(_is_mirrored(clause, other, text) for other in others):
        return "never"
    best = max((value for value, _, _ in matches), default=0.0)
    closest = [denies for value, part, denies in matches if value >= 0.8 * best and part >= SAME_CLAUSE]
    if not closest or any(denies == clause.denies for denies in closest):
        return ""
    if clause.denies:
        return "" if is_excused else "not"
    return "" if CONDITION.search(text) else "not left out"


def _is_mirrored(clause: Clause, other: Clause, text: str) -> bool:
    """Whether the passage affirms in one clause all that this one denies altogether, if only for some cases."""
    if other.denies or other.is_condition != clause.is_condition or other.half != clause.half:
        return False
    # "It never fits the AX-15" is not denied by "It fits the AX-12".
    return len(clause.stems) >= FEWEST_COMMON and clause.stems <= other.stems and not DIGIT.search(text)
