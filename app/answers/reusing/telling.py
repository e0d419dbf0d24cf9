"""What a question names so exactly that a paraphrase must name it too: numbers, days, names, negations, its kind.

Nearness in meaning is blind to these: "leave for fathers in 2025" is near to "leave for mothers in 2026". Pure.
"""

import re
from typing import Any

from app.answers.checking.dates import dates_in
from app.answers.checking.names import names_in
from app.answers.checking.polarity import NEGATORS
from app.answers.checking.quantities import quantities_in
from app.answers.checking.words import STOP_WORDS, stem


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


WORD = re.compile(r"[^\W_]+(?:[-'’./:&][^\W_]+)*|[€£$%+#&°]")
PIECE = re.compile(r"[^\W_]+")
LETTERS = re.compile(r"[^\W\d_]+")
JOINTS = re.compile(r"[\W_]")
# Small letters make another word of these: "IT", "US", "WHO".
TOO_SHORT_TO_FOLD = 4
KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.I))
    for kind, pattern in (
        (
            "number",
            r"\bhow (?:many|much|few)\b"
            r"|\bwhat(?:'s| is| are| was)? (?:the )?(?:number|amount|price|cost|fee|percentage|limit)\b",
        ),
        ("extent", r"\bhow (?:long|often|old|far|big|large|high|tall|soon|fast|late|early)\b"),
        ("time", r"\bwhen\b|\b(?:what|which) (?:time|day|date|year|month|week)\b|\bsince when\b|\bby when\b"),
        ("place", r"\bwhere\b|\b(?:what|which) (?:place|city|country|room|building|office)\b"),
        ("person", r"\bwho(?:m|se)?\b"),
        ("reason", r"\bwhy\b|\bhow come\b|\bwhat(?:'s| is| are)? the (?:reason|purpose|point)\b"),
        (
            "manner",
            r"\bhow\b"
            r"|\bwhat(?:'s| is| are)? (?:the |some )?(?:best |easiest |right )?(?:way|ways|steps|process|procedure)\b",
        ),
        ("thing", r"\bwhat\b|\bwhich\b"),
        (
            "yes or no",
            r"^\W*(?:is|are|was|were|am|do|does|did|can|could|will|would|shall|should|may|might|must|has|have|had)\b",
        ),
    )
)
# Where one question has the one and the other the other, they ask the opposite.
OPPOSITES = tuple(
    (_words(one), _words(other))
    for one, other in (
        ("after", "before"),
        ("always", "never sometimes"),
        ("above over", "below under"),
        ("best better good great", "worst worse bad poor"),
        ("cheap cheapest cheaper affordable", "expensive costly dear"),
        ("increase increasing raise grow rise gain", "decrease decreasing reduce lower lose drop fall shrink"),
        ("earliest first early oldest", "latest last late newest"),
        ("begin start open enter join", "end stop close leave quit"),
        ("export", "import"),
        ("external outside outdoor", "internal inside indoor"),
        (
            "female woman women wife mother girl girls daughter sister her she maternity",
            "male man men husband father boy boys son brother his he paternity",
        ),
        (
            "few fewer fewest less least minimum min shortest smallest lowest",
            "many more most maximum max longest largest biggest highest",
        ),
        ("former past previous", "latter future next current new"),
        ("free unpaid", "paid"),
        ("full whole", "partial part half"),
        ("high higher tall", "low lower short"),
        ("large larger big bigger", "small smaller little"),
        ("long longer", "short shorter"),
        ("new newer young younger", "old older"),
        ("on with including", "off without excluding"),
        ("optional voluntary", "required mandatory"),
        ("permanent", "temporary"),
        ("personal private", "professional public business"),
        ("pros advantages advantage benefits benefit", "cons disadvantages disadvantage drawbacks drawback"),
        ("quick fast faster quickly", "slow slower slowly"),
        ("safe legal allowed", "unsafe dangerous illegal forbidden"),
        ("same similar similarities alike", "different difference differences differ differs"),
        ("senior", "junior"),
        ("strong stronger", "weak weaker"),
        ("buy purchase", "sell"),
        ("borrow", "lend"),
        ("send give", "receive get"),
        ("win", "lose"),
        ("love like", "hate dislike"),
        ("parent parents", "child children"),
        ("cause causes reasons", "effect effects symptoms cure"),
        ("north", "south"),
        ("east", "west"),
        ("online", "offline"),
        ("employer manager", "employee"),
        ("input", "output"),
        ("hot warm summer", "cold winter"),
        ("hire", "fire"),
        (
            "install add create activate enable approve accept login upload",
            "uninstall remove delete deactivate disable reject refuse logout download",
        ),
        ("day morning", "night evening"),
        ("up", "down"),
        ("true right", "false wrong"),
        ("teacher", "student"),
        ("buyer", "seller"),
    )
)
# "Can I …" and "can my manager …", "why do you …" and "why do they …".
PERSONS = {
    "first": _words("i we"),
    "own": _words("my mine our ours"),
    "second": _words("you your yours yourself"),
    "third": _words("he him his she her they them their theirs"),
    "anyone": _words("someone somebody anyone anybody everyone everybody people person one"),
}
# Where only one of two questions has one of these, they ask different things.
LIMITING = _words(
    "only without except excluding unless instead disadvantages disadvantage cons drawbacks drawback differences"
)
# Whether one may, or must; and when it is: "who may sign" is not "who must sign", nor "is it paid" "was it paid".
MUST = re.compile(r"\b(?:must|ha(?:ve|s|d) to|need(?:s|ed)?|required?|obliged|obligatory|mandatory|compulsory)\b", re.I)
MAY = re.compile(r"\b(?:may|might|can|could|able|allowed|permitted|possible)\b", re.I)
FUTURE = re.compile(r"\b(?:will|shall|going to)\b|['’]ll\b", re.I)
PAST = re.compile(r"\b(?:was|were|did|had)\b|\b(?:has|have)\s+(?!to\b)(?:\w+\s+){0,3}?\w+(?:ed|en)\b", re.I)
# What stands to what: "gifts from customers" are not "gifts to customers".
SIDES = {
    name: side
    for side, listed in {
        "before": "before", "after": "after following", "during": "during while", "until": "until till", "from": "from",
        "since": "since", "within": "within inside", "outside": "outside beyond", "above": "above over",
        "below": "below under", "between": "between", "against": "against", "instead": "instead",
    }.items()
    for name in listed.split()
}  # fmt: skip
# How many of them: all of them, some, or others.
SCOPE = {
    "all": "all", "every": "all", "each": "all", "everyone": "all", "everybody": "all", "always": "all", "some": "some",
    "someone": "some", "somebody": "some", "sometimes": "some", "ever": "some", "most": "most", "else": "others",
    "other": "others", "others": "others", "another": "others",
}  # fmt: skip
A_OF_B = re.compile(r"\b(\w+) of (?:the |an? |our |my |your )?(\w+)", re.I)
# The answer to these depends on the day on which they are asked.
OF_THE_DAY = re.compile(
    r"\b(?:today|tonight|tomorrow|yesterday|now|currently|at the moment|so far|upcoming|still|yet|recent(?:ly)?|latest"
    r"|this (?:morning|afternoon|evening|week|weekend|month|quarter|year)"
    r"|(?:next|last|coming|past) (?:week|weekend|month|quarter|year|(?:mon|tues|wednes|thurs|fri|satur|sun)day))\b",
    re.I,
)


def telling(question: str, day: str) -> dict[str, Any]:
    """Plain JSON, for `agree`. `day`, in any form, is when the question is asked."""
    dates = list(dates_in(question))
    spans = [(each.start, each.end) for each in dates]
    return {
        "numbers": sorted([each.dimension, each.value] for each in quantities_in(question, spans)),
        "dates": sorted(each.said.lower() for each in dates),
        "names": _names(question, tuple(spans)),
        "negations": len(NEGATORS.findall(question)),
        "persons": sorted(name for name, words in PERSONS.items() if words & words_in(question)),
        "limits": sorted(LIMITING & words_in(question)),
        "kind": kind_of(question),
        "mode": mode_of(question),
        "tense": sorted(name for name, said in (("future", FUTURE), ("past", PAST)) if said.search(question)),
        "sides": sorted({SIDES[word] for word in words_in(question) if word in SIDES}),
        "scope": sorted({SCOPE[word] for word in words_in(question) if word in SCOPE}),
        "day": day if OF_THE_DAY.search(question) else "",
    }


def agree(one: dict[str, Any], other: dict[str, Any], question: str, asked: str) -> bool:
    """Whether two questions, with what they tell, may mean the same. A name counts however it is capitalised."""
    words, others = words_in(question), words_in(asked)
    exactly = ("numbers", "dates", "negations", "persons", "limits", "kind", "mode", "tense", "sides", "scope", "day")
    return (
        all(one.get(part) == other.get(part) for part in exactly)
        and set(one["names"]) <= others | set(other["names"])
        and set(other["names"]) <= words | set(one["names"])
        and _same_order(one["names"], other["names"])
        and _same_order(_in_order(question), _in_order(asked))
        and not are_opposed(words, others)
    )


def mode_of(question: str) -> str:
    """ "must", "may", or ""; "how can I" asks no permission."""
    if MUST.search(question):
        return "must"
    return "may" if MAY.search(question) and kind_of(question) in ("yes or no", "person") else ""


def _in_order(question: str) -> list[str]:
    """The words that carry meaning, each once: "does sales pay marketing" is another question than the reverse."""
    plain = A_OF_B.sub(r"\2 \1", question)
    said = (stem(word) for word in LETTERS.findall(plain.lower()) if word not in STOP_WORDS)
    return list(dict.fromkeys(said))


def _same_order(names: list[str], others: list[str]) -> bool:
    """ "From Berlin to Paris" is another journey than back."""
    common = set(names) & set(others)
    return [each for each in names if each in common] == [each for each in others if each in common]


def kind_of(question: str) -> str:
    """What is asked for, by how it is asked."""
    return next((kind for kind, pattern in KINDS if pattern.search(question)), "")


def words_in(text: str) -> frozenset[str]:
    """Whole, in parts and without joints, so that "FG-203" is found as "fg 203" and "fg203"."""
    lower = text.lower()
    tokens = (JOINTS.sub("", token) for token in WORD.findall(lower))
    return frozenset([*PIECE.findall(lower), *LETTERS.findall(lower), *tokens])


def are_opposed(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether one has a word and the other, which has it not, its opposite."""
    mine, theirs = one - other, other - one
    return any((mine & left and theirs & right) or (mine & right and theirs & left) for left, right in OPPOSITES)


def normalised(question: str) -> str:
    """The question's words alone: case, blanks and punctuation out, but not where they make another word."""
    words = WORD.findall(question)
    shouted = all(word.isupper() for word in words if word.isalpha())
    return " ".join(word if not shouted and _is_another_in_capitals(word) else word.casefold() for word in words)


def _is_another_in_capitals(word: str) -> bool:
    return (
        1 < len(word) <= TOO_SHORT_TO_FOLD
        and word.isupper()
        and word.lower() in STOP_WORDS | {"may", "it", "us", "who"}
    )


def _names(question: str, taken: tuple[tuple[int, int], ...]) -> list[str]:
    """In the order they are said: "from Berlin to Paris" is another journey than back."""
    return [JOINTS.sub("", part.lower()) for name in names_in(question, taken=taken) for part in name.parts]
