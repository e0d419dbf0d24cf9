"""What a text denies, limits and demands: "not", "never", "only", "at least" and "must" change a claim altogether."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.answers.checking.quantities import Quantity, quantities_in
from app.answers.checking.words import STOP_WORDS, stem, words_of

# These deny nothing, though they hold a negation.
SET_PHRASES = re.compile(
    r"\b(?:no|not|never) (?:more|less|fewer|later|earlier|longer|older) than\b|\b(?:must|may|can|do|does|should|"
    r"shall) not exceed\b"
    r"|\bnot only\b|\bnot even\b|\bcosts? nothing\b|\b(?:at )?no (?:extra )?(?:cost|charge)\b|\bno matter\b|"
    r"\bwhether or not\b|\bif not\b|\bnot least\b|\bno\.\s?\d|\bnot above\b|\bdoes not depend\b",
    re.I,
)
NEGATORS = re.compile(
    r"\b(?:not|never|no|none|nobody|nothing|neither|nor|nowhere|without|cannot|unable|impossible|hardly)\b|n['’]t\b"
    r"|\b(?:forbidden|prohibited|banned|disallowed|excluded?|excludes|ineligible)\b",
    re.I,
)
# Words that deny within themselves, or only in a side remark: with them, nothing is concluded from a "not" elsewhere.
HALF_NEGATORS = re.compile(
    r"\b(?:un(?:used|paid|available|taken|approved|registered|authori[sz]ed|claimed|released|read|less)|non-\w+|refuse[sd]?|"
    r"rejected|lacks?|lose[sd]?|lost|loses|avoid(?:s|ed|ing)?|exempt(?:ed)?|prevent(?:s|ed|ing)?|decline[sd]?|stopped|"
    r"blocked|outside|otherwise|instead|rather than|somebody else|someone else|fails?|missed|free|except)\b"
    r"|\b(?:that|which|who)\s+(?:has|have|had|was|were|is|are|does|do|did)(?:\s+not|n['’]t)\b",
    re.I,
)
CONDITION = re.compile(
    r"\b(?:if|unless|until|except|when|where|without|after|before|only|as long as|provided|apart from)\b", re.I
)
AGAIN = re.compile(r"\b(?:no|not|without)\b.*\b(?:and|or)\s+$", re.I | re.S)
# "No cars and no bicycles" is one clause: a negation reaches across "and" unless a comma stands there.
CLAUSE = re.compile(r"[,;:()–—]|\b(?:but|unless|if|except|because(?!\s+of)|while|whereas|although|so that)\b", re.I)
# "A partner: 10 days" is one segment, as is "lunch or dinner by 40 %".
SEGMENT = re.compile(r"[,;()–—|]|:(?!\s*[€£$]?\d)|\b(?:and|but|while|whereas|then)\b", re.I)
# "If" and its like, with which a clause names a case instead of claiming it.
CONDITIONAL = frozenset({"if", "unless", "except"})
QUOTED_WORD = re.compile(r"['\"‘“](?:yes|no|not|none|never)['\"’”]|\byes or no\b", re.I)
FUNCTION_WORD = re.compile(r"not|never|no|none|nor|neither|without|cannot|n['’]t", re.I)
SCOPE = 1
# "Selling leave is not possible" denies the selling.
FEASIBLE = "possible allowed permitted necessary needed required true correct available valid case"
GENERIC = frozenset(map(stem, FEASIBLE.split()))
ONLY = re.compile(
    r"\b(?:only|solely|exclusively|sole|alone|nobody else|no one else|nothing else|nothing but|just|except|"
    r"apart from|"
    r"other than|unless|no other|not outside|the one)\b",
    re.I,
)
# What a claim says of nobody and nothing else; "only one day" and "only if" are limits and conditions.
EXCLUSIVE = re.compile(
    r"(?:^|[,;:]\s*|\band\s+)only\s+(?!if\b|when\b|after\b|then\b|a\b|one\b|\d|\w+\s+(?:after|when|if|once)\b)"
    r"|\b(?:solely|exclusively|nobody else|no one else)\b|\bonly\s+(?:for|by|to|on|in|at|with)\b|\bonly\s*[.;]?$",
    re.I,
)
UNIVERSAL = re.compile(r"\b(?:all|every|always|everyone|everybody|each|any|anyone|anybody|whatever|entire|whole|both|"
                       r"everywhere|no|nobody|never|none|in full|without exception)\b", re.I)  # fmt: skip
PARTIAL = re.compile(
    r"\b(?:some|most|many|few|several|usually|often|sometimes|mostly|generally|normally|partly|half)\b", re.I
)
STRONG_UNIVERSAL = re.compile(r"\b(?:all|every|always|everyone|everybody|each|never|none|nobody)\b", re.I)
MUST = re.compile(r"\b(?:must(?! not\b)|mandatory|obligatory|compulsory|required to|obliged|have to|has to)\b", re.I)
# "Need not", "needs no approval", "no approval is required".
NOT_NEEDED = re.compile(
    r"\bneeds? (?:not|no)\b|\bnot (?:\w+ )?(?:needed|necessary|required|mandatory)\b"
    r"|\b(?:does|do) not (?:need|require)\b"
    r"|\bno (?:\w+ ){1,4}(?:is|are) (?:needed|necessary|required)\b|\b(?:don['’]t|doesn['’]t) (?:need|have) to\b",
    re.I,
)
MAY = re.compile(r"\b(?:may|can|could|optional|voluntary|voluntarily|need not|allowed|possible|permitted)\b", re.I)
NEEDS = re.compile(
    r"\b(?:must|need|needs|require|requires|required|mandatory|have to|has to|is to|are to|only|shall|will|never)\b",
    re.I,
)

AT_MOST = re.compile(
    r"\b(?:up to|at most|(?:no|not|never) (?:more|longer|later|older|higher) than|maximum(?: of)?|max\.?|"
    r"not exceed(?:ing)?|limit of|"
    r"limited to|capped at|at the latest|not above|a ceiling of|within)\s*(?:the\s|a\s)?[\"“]?[€£$]?$"
    r"|^\s*(?:\w+\s){0,3}?(?:or less|"
    r"or fewer|at most|at the most|or below|maximum)\b",
    re.I,
)
AT_LEAST = re.compile(
    r"\b(?:at least|(?:no|not|never) (?:less|fewer|shorter) than|minimum(?: of)?|min\.?|no earlier than)\s*(?:the\s|"
    r"a\s)?[€£$]?$"
    r"|^\s*(?:\w+\s){0,3}?(?:or more|at least|or above|minimum|or older|or longer)\b",
    re.I,
)
MORE = re.compile(
    r"\b(?:(?:more|longer|older|greater|higher|larger|further|later) than|over|above|exceeds|exceeding|beyond)"
    r"\s*[€£$]?$",
    re.I,
)
LESS = re.compile(r"\b(?:(?:less|fewer|shorter|younger|lower|smaller|sooner|earlier) than|under|below)\s*[€£$]?$", re.I)
# "No later than two weeks before" is at least two weeks before.
LATEST = re.compile(r"\b(?:no|not) (later|earlier) than\s*$", re.I)
BEFORE_A_MOMENT = re.compile(r"\W*(?:\w+\W+){0,2}?(?:before|ahead|in advance|prior)\b", re.I)
REACH = 24


@dataclass(frozen=True, slots=True)
class Clause:
    """The stems of a clause, whether it denies, and which of them its negations reach, first of all.

    `is_condition`: it begins with "if"; `half`: its words that half deny.
    """

    stems: frozenset[str]
    denies: bool
    reached: frozenset[str]
    is_condition: bool
    half: frozenset[str]
    amounts: tuple[Quantity, ...]


def clauses_of(text: str) -> list[Clause]:
    """The clauses of a sentence that say anything."""
    plain = QUOTED_WORD.sub(" ", SET_PHRASES.sub(" ", text))
    cuts = [(0, 0, ""), *((match.start(), match.end(), match[0].lower()) for match in CLAUSE.finditer(plain))]
    ends = [*(start for start, _, _ in cuts[1:]), len(plain)]
    made = [_clause(plain[cut[1] : end], cut[2] in CONDITIONAL) for cut, end in zip(cuts, ends, strict=True)]
    return [clause for clause in made if clause.stems]


def _clause(text: str, is_condition: bool) -> Clause:
    negators = list(NEGATORS.finditer(text))
    said = {word.lower() for each in negators for word in words_of(each[0])}
    stems = _stems(text, said)
    reached = frozenset[str]().union(*(_reached(text, each, stems) for each in negators))
    # "Neither cars nor bicycles" and "no cars and no bicycles" deny once.
    apart = [each for each in negators if each[0].lower() != "nor" and not AGAIN.search(text[: each.start()])]
    half, amounts = half_negators(text), tuple(quantities_in(text))
    return Clause(frozenset(stems), len(apart) % 2 == 1, reached, is_condition, half, amounts)


def half_negators(text: str) -> frozenset[str]:
    return frozenset(match[0].lower() for match in HALF_NEGATORS.finditer(text))


def _stems(text: str, said: Collection[str]) -> list[str]:
    return [
        stem(word) for word in words_of(text)
        if word.lower() not in STOP_WORDS and word.lower() not in said and not word[0].isdigit()
    ]  # fmt: skip


def _reached(text: str, negator: re.Match[str], stems: Sequence[str]) -> frozenset[str]:
    """The next word that means something; "is forbidden" and "is not possible" deny what stands before them."""
    behind = [each for each in _stems(text[negator.end() :], ())[:SCOPE] if each not in GENERIC]
    return frozenset(behind) if behind and FUNCTION_WORD.fullmatch(negator[0]) else frozenset(stems)


def bound_of(text: str, start: int, end: int) -> str:
    """Which way the quantity text[start:end] limits: "most", "least", "more", "less", or "" where it limits nothing."""
    before, after = text[max(0, start - REACH) : start], text[end : end + REACH]
    if BEFORE_A_MOMENT.match(after) and (latest := LATEST.search(before)):
        return "most" if latest[1].lower() == "earlier" else "least"
    for name, pattern in (("most", AT_MOST), ("least", AT_LEAST), ("more", MORE), ("less", LESS)):
        if pattern.search(before) or (name in ("most", "least") and pattern.match(after)):
            return name
    return ""


OPPOSITE = {
    ("most", "least"), ("least", "most"), ("most", "more"), ("more", "most"),
    ("less", "more"), ("more", "less"), ("less", "least"), ("least", "less"),
}  # fmt: skip
