"""What questions and answers name: the phrase a later "it" may stand for, and the names among them. Pure."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from app.answers.following.turns import Turn
from app.answers.following.vocabulary import (
    AUXILIARIES,
    GENERIC,
    NOT_NAMES,
    PERSONS,
    PLAIN,
    PLURALS,
    PREDICATES,
    RELATIONAL,
    THINGS,
    VERBS,
)

WORD = re.compile(r"[^\W_]+(?:[-'’./&][^\W_]+)*|[?!.,;:()\"]")
CONNECTOR = re.compile(r"^(?:(?:and|but|so|or|ok(?:ay)?|then|also|well|yes|no|thanks|hm+)\b[\s,]*)+", re.I)
ABOUT = re.compile(r"^(?:(?:what|how)\s+about|(?:the\s+)?same\s+for)\s+", re.I)
OWNER = re.compile(r"['’]s?$")
NAMED = re.compile(r"[A-Z][\w’'&.-]*\w(?: (?:(?:of|the|de|van|von) )*(?:[A-Z][\w’'&.-]*\w|\d+\b))*")
SENTENCE = re.compile(r"[^.?!]+(?:[.](?=\w)[^.?!]*)*[.?!]*")
# "What places are …", "which cities did …": the noun is what is looked for, not what is spoken of.
AUX = sorted(word for word in AUXILIARIES if word.isalpha())
ASKED_FOR = re.compile(
    rf"^(?:what|which|how many|how much)\s+(?:(?!of\b)[\w-]+\s){{1,4}}?(?=(?:{'|'.join(AUX)})\b)", re.I
)
# "Leave in Lund": what is asked about is the leave.
CIRCUMSTANCE = re.compile(r"\b(?:in|at|from|for|near|by) (?:the )?$", re.I)
PARTICIPLE = re.compile(r"\w{2,}(?:ed|ing)$")
SAID_OF = re.compile(r"(?!vegetable|receivable|payable|deliverable|variable)\w{4,}[ai]ble$")
DOERS = frozenset({"i", "we", "you", "they"})
ROLE = re.compile(
    r"^(?:and |but |so )?who(?:['’]s| is| are| was) (?:the |our |my )?(?P<role>[a-z][^,;?]*?)[\s?.!]*$", re.I
)
PARTICLES = frozenset({"of", "the", "de", "van", "von", "and"})
NO_NAME_BEGINS = PLAIN | VERBS | PARTICLES | GENERIC | RELATIONAL
MOST_WORDS = 5
QUESTION_WEIGHT = 1.5
READ_OF_A_QUESTION = 400
READ_OF_AN_ANSWER = 600
WEAK = 0.2
SURE_OF_A_PERSON = 0.5
NO_PERSON_BEFORE = re.compile(r"\b(?:in|at|on|from|near|of|the|to|called|titled|song|album|film|movie) [\"'“]?$", re.I)
ACTS = re.compile(r"['’]s? |,? (?:who|was|is|had|has|also|then|would|did|could|never|first|[a-z]+ed)\b")
PLACES_AND_GROUPS = frozenset(["islands", "rangers", "stars", "games", "awards", "records", "studios", "lights"])
AGE = 0.1
DIGITS = re.compile(r"\d")


def content_words(text: str) -> list[str]:
    """The words that are not grammar."""
    return [word for word in WORD.findall(text) if word[0].isalnum() and word.lower() not in PLAIN]


@dataclass(frozen=True, slots=True)
class Run:
    """Content words that stand together; `inverted`: after an auxiliary, so that the verb may be among them."""

    words: tuple[str, ...]
    inverted: bool


def runs(text: str) -> list[Run]:
    """Those of a question, in order."""
    found: list[Run] = []
    words: list[str] = []
    inverted, before = False, ""
    for word in [*WORD.findall(text), "."]:
        is_content = word[0].isalnum() and word.lower() not in PLAIN and not word.lower().endswith("ly")
        # "How do I request a laptop": what somebody does is not what is spoken of.
        is_content = is_content and not (before in DOERS and inverted and word.islower())
        if is_content:
            words.append(word)
        if words and (not is_content or OWNER.search(word)):
            found.append(Run(tuple(words), inverted))
            words = []
        inverted, before = inverted or word.lower() in AUXILIARIES, word.lower()
    return found


def topic_of(question: str) -> str:
    """What a question names, for a later pronoun to stand for: a name, else its first full phrase; "" for nothing."""
    for sentence in reversed(_sentences(question[:READ_OF_A_QUESTION])):
        bare = ABOUT.sub("", CONNECTOR.sub("", sentence))
        if refers(bare):
            continue
        names, phrases = names_in(bare), _specific_phrases(bare)
        if main := [name for name in names if not CIRCUMSTANCE.search(bare[: bare.find(name)])]:
            return _with_its_noun(main[0], bare)
        if phrases and not (names and phrases[0][0] in names[0].split(" ")):
            return " ".join(phrases[0])
        if names:
            return _with_its_noun(names[0], bare)
    return ""


def _with_its_noun(name: str, text: str) -> str:
    """ "Milgram" → "Milgram experiment", where that is how it was called."""
    after = re.match(r"((?: [a-z][\w-]+){1,3})", text[text.find(name) + len(name) :])
    words: list[str] = []
    for word in after[1].split() if after else []:
        if word in PLAIN or word in PREDICATES or is_verb(word) or PARTICIPLE.match(word):
            break
        words.append(word)
    return " ".join([name, *words])


def is_verb(word: str) -> bool:
    """Whether a word that stands behind a noun is what that noun does."""
    lower = word.lower()
    stems = (
        {lower, lower[:-1]}
        if lower.endswith("s")
        else {lower, lower[:-1], lower[:-2]}
        if lower.endswith("ed")
        else {lower}
    )
    return bool(stems & VERBS) and lower not in RELATIONAL


def is_said_of(word: str) -> bool:
    """Whether a word says something of a noun rather than naming one: "paid", "treatable"."""
    return word.lower() in PREDICATES or bool(SAID_OF.match(word) or (PARTICIPLE.match(word) and word.endswith("ed")))


def _sentences(question: str) -> list[str]:
    """Those that ask, where any does."""
    parts = [part.strip() for part in SENTENCE.findall(question)]
    return [part for part in parts if part.endswith("?")] or parts


def _specific_phrases(text: str) -> list[list[str]]:
    """What is named, without who does it, how much of it, and what is only asked for ("what places …")."""
    bare = ASKED_FOR.sub("", text)
    phrases = [phrase for run in runs(bare) if (phrase := _noun_phrase(run))]
    return [phrase for phrase in phrases if not is_relational(phrase) and phrase[-1].lower() not in GENERIC]


def is_relational(phrase: Sequence[str]) -> bool:
    return phrase[-1].lower() in RELATIONAL


def refers(text: str) -> bool:
    """Whether a pronoun in the text stands for something outside it."""
    for match in WORD.finditer(text):
        word = match[0].lower()
        if word in PERSONS | PLURALS | THINGS:
            return not named_before(text[: match.start()])
    return False


def names_in(text: str) -> list[str]:
    """Proper names in the order of the text, without the word that merely begins a sentence."""
    found = []
    for match in NAMED.finditer(text):
        words = OWNER.sub("", match[0].rstrip(".,")).split(" ")
        if _begins_sentence(text, match.start()):
            while words and words[0].lower().replace("’", "'") in NO_NAME_BEGINS:
                words = words[1:]
            if len(words) == 1 and not _is_surely_name(words[0], text):
                continue
        while words and words[-1].lower().rstrip(",") in PARTICLES:
            words.pop()
        while words and words[0].lower().replace("’", "'") in PLAIN:
            words = words[1:]
        name = " ".join(words)
        if name and not all(word.lower() in NOT_NAMES or DIGITS.match(word) for word in words):
            found.append(name)
    return found


def person_in(history: Sequence[Turn], question: str = "") -> str:
    """Who a conversation is most likely about: the name that comes up most, sooner and in questions first.

    A name that the question says itself is somebody else.
    """
    weights: defaultdict[str, float] = defaultdict(float)
    full: dict[str, str] = {}
    for age, turn in enumerate(reversed(history)):
        for asked, text in ((True, turn.question[:READ_OF_A_QUESTION]), (False, turn.answer[:READ_OF_AN_ANSWER])):
            for name in names_in(text):
                key = name.split(" ")[-1]
                if key not in question and (weight := _likeness_to_a_person(name, text, asked)):
                    weights[key] += weight / (1 + AGE * age)
                    full[key] = max(full.get(key, ""), name, key=len)
    best = max(weights, key=lambda key: weights[key], default="")
    return full[best] if best and weights[best] >= SURE_OF_A_PERSON else _role_in(history)


def _role_in(history: Sequence[Turn]) -> str:
    """Who the last question was after, where no answer gave a name: "the head of finance"."""
    found = ROLE.match(history[-1].question) if history else None
    return f"the {found['role']}" if found and not refers(found["role"]) else ""


def named_before(before: str) -> bool:
    """Whether a question has named something itself by the time a pronoun comes, which then means that."""
    bare = ASKED_FOR.sub("", before)
    return bool(names_in(before)) or (len(content_words(bare)) >= 2 and bool(_specific_phrases(bare)))


def _noun_phrase(run: Run) -> list[str]:
    """The run up to its verb, without what is said of it: "results differ" → "results"."""
    phrase = list(run.words)
    for place, word in enumerate(phrase):
        if run.inverted and place and is_verb(word):
            phrase = phrase[:place]
            break
    while len(phrase) > 1 and (
        phrase[-1].lower() in PREDICATES
        or SAID_OF.match(phrase[-1])
        or (PARTICIPLE.match(phrase[-1]) and len(phrase) > 2)
    ):
        phrase.pop()
    while len(phrase) > 1 and (is_verb(phrase[0]) or phrase[0].lower() in PREDICATES):
        phrase = phrase[1:]
    if len(phrase) == 1 and phrase[0].lower() in PREDICATES | (VERBS if run.inverted else frozenset()):
        return []
    if len(phrase) == 1 and (PARTICIPLE.match(phrase[0]) and phrase[0].endswith("ed")):
        return []
    if phrase:
        phrase[-1] = OWNER.sub("", phrase[-1])
    return phrase[-MOST_WORDS:]


def _begins_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \"'(“")
    return not before or before[-1] in ".!?:\n"


def _is_surely_name(word: str, text: str) -> bool:
    """A single capital word at the start of a sentence is a name if it comes again within one, or is all capitals."""
    return (
        (word.isupper() and len(word) > 1)
        or len(re.findall(rf"(?<=[a-z,] ){re.escape(word)}\b", text)) > 0
        or (
            word.lower() not in PLAIN
            and bool(re.match(rf"{re.escape(word)}(?:'s| (?:was|is|had|has|were|became|then|also)\b)", text))
        )
    )


def _likeness_to_a_person(name: str, text: str, asked: bool) -> float:
    """0 for what can be none; more where the name does or owns something, or was asked about."""
    words = name.split(" ")
    if len(words) > 4 or any(DIGITS.search(word) or word.lower() in {"the", "of", "and"} for word in words):
        return 0.0
    if (words[0].isupper() and len(words) == 1) or (words[-1].endswith("s") and words[-1].lower() in PLACES_AND_GROUPS):
        return 0.0
    place = text.find(name)
    if NO_PERSON_BEFORE.search(text[:place]):
        return 0.0
    acts = ACTS.match(text[place + len(name) :])
    return (QUESTION_WEIGHT if asked else 1.0) * (1.0 if acts or asked else WEAK)
