"""Makes a follow-up such as "and for contractors?" a question that can be searched on its own, by rules.

Each rule answers one common form: a pronoun, a pointer ("that policy"), an ellipsis ("how long?"), a noun that
is always of something ("what are the exceptions?"). A question in which none of these signs stands is left as
it is, so a change of topic never drags the old one along. Pure.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.answers.following.topics import (
    ABOUT,
    CONNECTOR,
    OWNER,
    READ_OF_AN_ANSWER,
    WORD,
    content_words,
    is_said_of,
    is_verb,
    named_before,
    names_in,
    person_in,
    refers,
    runs,
    topic_of,
)
from app.answers.following.turns import Turn
from app.answers.following.vocabulary import (
    ASKING,
    AUXILIARIES,
    DEMANDING,
    MORE,
    OWNING,
    PERSONS,
    PLAIN,
    PLURALS,
    POINTERS,
    PREDICATES,
    PREPOSITIONS,
    RELATIONAL,
    THINGS,
    TIMES,
    VERBS,
)

BARE = re.compile(r"^(?:for|of|in|at|on|with|without|from|to|during|after|before|under|if|when|by|as)\s", re.I)
CASE = re.compile(r"^(?:if|when|after|before)\s", re.I)
ARTICLE = re.compile(r"^(?:the|a|an) ", re.I)
AN_ARTICLE_TWICE = re.compile(r"\b((?:the|an?) )(?:the|an?) ", re.I)
REMARK = re.compile(r"(?:[^.?!]+(?:\.(?=\w)[^.?!]*)*[.?!]+\s+)+(?=\S)")
# How a question begins that has no question mark.
BEGINNINGS = sorted(ASKING | AUXILIARIES | DEMANDING)
ASKS_OR_DEMANDS = re.compile(rf"(?:{'|'.join(BEGINNINGS)})\b|.*\?\s*$", re.I | re.S)
END = re.compile(r"[\s?.!]*$")
# "it" that stands for nothing: "is it possible to …", "does it say …".
DUMMY_IT = re.compile(
    r"^(?:(?:\w+\s+)?(?:possible|necessary|true|important|allowed|advisable|ok|okay|legal|mandatory|better|worth)\s+(?:to|that|if)\b"
    r"|(?:say|mention|mean|rain|snow)\b)",
    re.I,
)
ORDERED = re.compile(r"\bthe (former|latter|first one|second one)\b", re.I)
PAIR = re.compile(
    r"(?:.*\bbetween |.*\beither |is |are |does |do )?(?:the |a |an )?([^,?]+?),? (?:and|or|versus|vs\.?) "
    r"(?:the |a |an )?([^,?]+)",
    re.I,
)
THERE = re.compile(r"\bthere(?=[\s?.!]*$)|(?<=\w )there(?= (?:in|on|during|before|after|when|as)\b)", re.I)
EXISTENCE = re.compile(
    r"\b(?:is|are|was|were|be|been)\s+there\b|\bthere\s+(?:is|are|was|were|be)\b|\bthere['’]s\b", re.I
)
AGES = frozenset({"old", "new"})
ONES = re.compile(r"\b(?P<adjective>[a-z-]+) ones?\b", re.I)
# "Do I need a number for that?" points back, whatever it named before.
FOR_THAT = re.compile(r"\b(?:for|about|with) (?:that|this)$", re.I)
DOES = re.compile(r"\b(?:does|did|do|will|would|can|could|must|may|should)\s+$", re.I)
# "When did the band form": not a noun. "The limit for trains", "the rules about it": says itself of what.
ASKS = re.compile(
    r"^(?:and |but |so )?(?:what|how|which|who|where|when|are|is|was|were|any|tell|list|explain|describe)\b", re.I
)
AS_A_VERB = re.compile(r"^(?:\w+\s)?(?:do|does|did|can|could|will|would|should|may|to)\b", re.I)
COMPLEMENT = re.compile(r"\s+(?:of|for|in|between|on|to|about|with)\b", re.I)
THE_NOUN = re.compile(r"\bthe (?P<noun>[a-z]+)\b(?! (?:of|for)\b)")
ANY = re.compile(r"\bany (?:other |more )?[\w-]+", re.I)
YES_NO = re.compile(rf"^(?:{'|'.join(sorted(word for word in AUXILIARIES if word.isalpha()))})\s", re.I)
# "What about contractors?" asks the question before again; a longer one names what it asks itself.
MOST_CONTINUED = 2
STANDS_ALONE_BEFORE = AUXILIARIES | {"and", "or", "to", "in", "for"}
MOST_ELLIPTIC = 4
# A longer one says what it is about.
LONGEST_FOLLOW_UP = 400
MOST_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Context:
    """What a question may lean on: the topic and the person spoken of, and the question before it.

    `named`: a name out of the answers, where no question had a topic.
    """

    topic: str
    person: str
    previous: str
    named: str = ""


def standalone(question: str, history: Sequence[Turn]) -> str:
    """The question with what it leaves out filled in from the history, oldest turn first; else unchanged."""
    told: list[Turn] = []
    for turn in history:
        told.append(Turn(resolve(turn.question, context_of(told, turn.question)), turn.answer))
    return resolve(question, context_of(told, question))[:MOST_CHARACTERS]


def context_of(history: Sequence[Turn], question: str = "") -> Context:
    """`history` holds questions that stand alone already."""
    topic = next((topic for turn in reversed(history) if (topic := topic_of(turn.question))), "")
    named = next((name for turn in reversed(history) for name in names_in(turn.answer[:READ_OF_AN_ANSWER])), "")
    return Context(
        topic=topic,
        person=person_in(history, question),
        previous=history[-1].question if history else "",
        named=named,
    )


def resolve(question: str, context: Context) -> str:
    """The question on its own. The first rule that has something to fill in ends the search."""
    text = question.strip()
    if not context.previous or len(text) > LONGEST_FOLLOW_UP:
        return text
    remark, asking = _asking_part(text)
    if not ASKS_OR_DEMANDS.match(asking) or (remark and named_before(remark)):
        return text
    for rule in RULES:
        if (resolved := rule(asking, context)) != asking:
            return remark + resolved
    return text


def _asking_part(text: str) -> tuple[str, str]:
    """What is remarked first, as in "That is too bad. Did it end?", and the sentence that asks."""
    found = REMARK.match(text)
    return (found[0], text[found.end() :]) if found else ("", text)


def continued(text: str, context: Context) -> str:
    """ "What about X?", "and for X?": the question before, asked of something else."""
    bare = CONNECTOR.sub("", text)
    about = ABOUT.match(bare)
    rest = bare[about.end() :] if about else bare
    is_case = bare != text and CASE.match(bare)
    is_fragment = about or (bare != text and BARE.match(bare)) or (bare.endswith("?") and _is_bare_fragment(bare))
    own = content_words(rest)
    sister = _sister(END.sub("", rest), context) if about or bare != text else ""
    if refers(rest) or len(own) > MOST_CONTINUED or not (is_fragment or sister):
        return text
    if sister and not names_in(f"x {rest}"):
        return f"{END.sub('', context.previous).replace(context.topic, sister)}?"
    rest_words = {word.lower() for word in WORD.findall(rest)}
    names_its_own = rest_words & (RELATIONAL if len(own) == 1 else frozenset()) or (rest_words & VERBS and not is_case)
    return text if names_its_own else _asked_of(context.previous, END.sub("", rest))


def _sister(rest: str, context: Context) -> str:
    """ "Sick leave" after "annual leave", "a phone" after a laptop: what stands in the topic's place; or ""."""
    bare, topic = ARTICLE.sub("", rest), context.topic
    words, others = bare.split(" "), topic.split(" ")
    if not topic or topic not in context.previous or len(words) > MOST_CONTINUED or BARE.match(rest):
        return ""
    same_noun = len(words) > 1 and len(others) > 1 and words[-1].lower() == others[-1].lower()
    is_thing = bare != rest and not {word.lower() for word in words} & (VERBS | RELATIONAL | PLAIN)
    return bare if (same_noun or is_thing) and bare.lower() != topic.lower() else ""


def ordered(text: str, context: Context) -> str:
    """ "The former", "the latter" of the two that the question before named."""
    found, pair = ORDERED.search(text), PAIR.search(context.previous)
    if not found or not pair:
        return text
    chosen = pair[1] if found[1].lower() in ("former", "first one") else pair[2]
    name = " ".join(content_words(chosen)) or chosen
    return text[: found.start()] + name + text[found.end() :]


def replaced(text: str, context: Context) -> str:
    """The first word that refers back replaced by what it stands for."""
    words = list(re.finditer(r"[^\W\d_]+(?:['’]s\b)?", text))
    for index, word in enumerate(words):
        before, after = text[: word.start()], text[word.end() :]
        if word[0].lower() in PERSONS | PLURALS | THINGS and not refers(before + word[0]):
            break
        following = words[index + 1] if index + 1 < len(words) else None
        if filled := _filled(word, following, text, context):
            put, end = filled
            return before + put + text[end:]
        if word[0].lower() in THINGS and DUMMY_IT.match(after.strip()):
            break
    return text


def placed(text: str, context: Context) -> str:
    """ "There" as a place."""
    found = THERE.search(text)
    if not found or not context.topic or EXISTENCE.search(text):
        return text
    return f"{text[: found.start()]}in {context.topic}{text[found.end() :]}"


def made_specific(text: str, context: Context) -> str:
    """ "The experiment" for what was spoken of as "the Stanford experiment"; "traditional ones" likewise."""
    words = context.topic.split(" ")
    for found in THE_NOUN.finditer(text):
        if len(words) > 1 and found["noun"].lower() == words[-1].lower() and context.topic.lower() not in text.lower():
            return f"{text[: found.start()]}the {context.topic}{text[found.end() :]}"
    ones = ONES.search(text)
    if ones and context.topic and ones["adjective"].lower() not in PLAIN - AGES:
        named = context.topic if ones["adjective"].lower() in PREDICATES else words[-1]
        return f"{text[: ones.start()]}{ones['adjective']} {named}{text[ones.end() :]}"
    return text


def related(text: str, context: Context) -> str:
    """ "What are the exceptions?": of what was spoken of."""
    if not context.topic or not ASKS.match(text) or names_in(text) or len(runs(text)) != 1:
        return text
    words = [word for word in WORD.finditer(text) if word[0][0].isalnum()]
    named = [word for word in words if word[0].lower() not in PLAIN]
    if not named or named[-1][0].lower() not in RELATIONAL or named[-1] is words[0]:
        return text
    last, before, after = named[-1], text[: named[-1].start()], text[named[-1].end() :]
    if AS_A_VERB.search(before) or (after.strip() and COMPLEMENT.match(after)):
        return text
    return f"{text[: last.end()]} of {context.topic}{after}"


def completed(text: str, context: Context) -> str:
    """ "Why?", "How long?", "Any sisters?": what is left out is in the question before."""
    bare = CONNECTOR.sub("", text)
    if (asked := ANY.match(bare)) and END.sub("", bare) == asked[0] and (same := ANY.search(context.previous)):
        return context.previous[: same.start()] + asked[0].lower() + context.previous[same.end() :]
    if refers(bare) or content_words(bare) or len(bare.split()) > MOST_ELLIPTIC:
        return text
    if not {word.lower() for word in WORD.findall(bare)} & (ASKING | MORE):
        return text  # "Really?" asks nothing new.
    short = END.sub("", bare)
    if YES_NO.match(context.previous) and short.split(" ")[0].lower() in ASKING:
        return f"{short} {context.previous[0].lower()}{context.previous[1:]}"
    if not context.topic:
        return text
    joint = " about" if MORE & set(short.lower().split()) else ""
    return f"{short}{joint} {context.topic}?"


RULES: tuple[Callable[[str, Context], str], ...] = (
    continued,
    ordered,
    replaced,
    placed,
    made_specific,
    related,
    completed,
)


def _filled(
    word: re.Match[str], following: re.Match[str] | None, text: str, context: Context
) -> tuple[str, int] | None:
    """What to put in place of a word, and up to where; None where it refers to nothing that is known."""
    said, after = word[0].lower(), following[0].lower() if following else ""
    stands_for = context.person if said in PERSONS else context.topic or context.named
    if not stands_for or stands_for.lower() in text.lower():
        return None
    if said in OWNING and (said != "her" or after not in PLAIN | {""}):
        return owner(stands_for), word.end()
    if said in PERSONS | PLURALS | {"it"}:
        return None if said == "it" and DUMMY_IT.match(text[word.end() :].strip()) else (stands_for, word.end())
    if said in POINTERS and (not named_before(text[: word.start()]) or FOR_THAT.search(text[: word.end()])):
        return _pointed(word, following, text, stands_for)
    return None


def _pointed(word: re.Match[str], following: re.Match[str] | None, text: str, topic: str) -> tuple[str, int] | None:
    """ "That" alone, and "that policy" where the policy's name is known."""
    after = following[0].lower() if following else ""
    if following is None or after in STANDS_ALONE_BEFORE or is_said_of(after):
        return topic, word.end()
    if after in VERBS and DOES.search(text[: word.start()]):
        return topic, word.end()
    if after in PLAIN | VERBS | TIMES or following[0][0].isupper() or not _points(word, text):
        return None
    last = topic.rsplit(" ", maxsplit=1)[-1].lower()
    return (f"the {topic}" if after == last else f"the {topic} {after}"), following.end()


def _points(word: re.Match[str], text: str) -> bool:
    """ "Who approves that policy": not "the laptop that employees get"."""
    before = text[: word.start()].split()
    return (
        word[0].lower() != "that"
        or not before
        or before[-1].lower() in AUXILIARIES | PREPOSITIONS
        or is_verb(before[-1])
    )


def owner(name: str) -> str:
    return name if OWNER.search(name) and name.endswith(("'s", "’s")) else f"{name}'s"


def _is_bare_fragment(text: str) -> bool:
    words = [word.lower() for word in WORD.findall(text)]
    return bool(BARE.match(text)) and not set(words[1:]) & (AUXILIARIES | ASKING | VERBS) and len(words) <= 6


def _asked_of(previous: str, rest: str) -> str:
    """The question before with `rest` in the place of what is like it, else added to it."""
    stem = END.sub("", previous)
    if names_in(f"x {rest}") == [ARTICLE.sub("", rest)]:
        for name in reversed(names_in(stem)):
            if ARTICLE.sub("", rest) not in stem:
                return f"{AN_ARTICLE_TWICE.sub(lambda twice: twice[1], stem.replace(name, rest))}?"
    preposition = rest.split(" ", maxsplit=1)[0].lower() if BARE.match(rest) else "for"
    bare = rest[len(preposition) :].strip() if BARE.match(rest) else rest
    if same := re.search(rf"\b{preposition} (?:the |a |an )?[\w-]+(?: [\w-]+)?$", stem, re.I):
        return f"{stem[: same.start()]}{preposition} {bare}?"
    return f"{stem} {preposition} {bare}?"
