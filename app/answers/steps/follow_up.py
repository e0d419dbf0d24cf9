"""Turns a follow-up such as "and for contractors?" into a question that can be searched on its own.

Rules over words, no model: what a question is about is the last thing that an earlier question named. A
question that names its own subject is left as it is, so a change of topic never drags the old one along.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

WORD = re.compile(r"[^\W_]+(?:[-'’./][^\W_]+)*|[?!.,;:]")
CONNECTOR = re.compile(r"^(?:(?:and|but|so|or|ok(?:ay)?|then|also|well)\b[\s,]*)+", re.I)
ABOUT = re.compile(r"^(?:(?:what|how)\s+about|same\s+for)\s+", re.I)
NAME = re.compile(r"(?<=[a-z,;] )[A-Z][\w’'-]*(?: (?:of |the |and )?[A-Z][\w’'-]*)*|[A-Z][a-z]+(?: [A-Z][a-z]+)+")
BARE = re.compile(r"^(?:for|in|at|on|with|without|from|to|during|after|before|under|if|when|by|as)\s", re.I)

POINTERS = frozenset({"this", "that", "these", "those"})
PERSONS = frozenset({"he", "him", "his", "she", "her"})
SUBJECTS = frozenset({"it", "they", "them", "he", "him", "she"})
# "her" is both; before a noun it owns, which is the common case in a question.
OWNING = frozenset({"its", "their", "his", "her"})
AUXILIARIES = "is are was were be been being am do does did done can could will would shall should may might must"
HAVING = "has have had"
# After these words "that" stands alone; before another it only points at it: "that policy".
FOLLOW_A_POINTER = frozenset(f"{AUXILIARIES} {HAVING} and or".split())
GRAMMAR = """
    a an the of in on at for to from by with without about into over under as than then so and or but if not
    no what which who whom whose when where why how there here it its they them their this that these
    those he him his she her i me my we us our you your one ones some any all each every both more most other
    others another same such much many long often far old only during after before between because while s
    just very too
"""
CHAT = """
    tell know describe explain give show list mean happen happened happens please get got getting make made go
    also else anything something interesting article
"""
FUNCTION_WORDS = frozenset(f"{AUXILIARIES} {HAVING} {GRAMMAR} {CHAT}".split())
# Short questions without a subject of their own lean on the one before: "Why?", "How much?".
LEANING_WORDS = 1
# "What about contractors?" asks the previous question again; a longer one names what it asks itself.
MOST_CONTINUED = 2


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier exchange."""

    question: str
    answer: str


def standalone(question: str, history: Sequence[Turn]) -> str:
    """The question with what it leaves out filled in from the history, oldest turn first; else unchanged."""
    topic, previous = "", ""
    for turn in history:
        previous = resolve(turn.question, topic, previous)
        topic = subject_of(turn.question) or topic or name_in(turn.answer)
    return resolve(question, topic, previous)


def resolve(question: str, topic: str, previous: str) -> str:
    """The question on its own, given what the conversation is about and the question before it."""
    text = question.strip()
    if not topic:
        return text
    bare = CONNECTOR.sub("", text)
    if (about := ABOUT.match(bare)) and len(content_words(bare)) <= MOST_CONTINUED:
        return _continued(previous, bare[about.end() :])
    if bare != text and BARE.match(bare):
        return _continued(previous, bare)
    replaced = replace_reference(text, topic)
    if replaced != text:
        return replaced
    return _with_topic(text, topic) if len(content_words(text)) < LEANING_WORDS else text


def replace_reference(text: str, topic: str) -> str:
    """The first word that refers back replaced by the topic, if there is one."""
    words = list(re.finditer(r"[^\W\d_]+(?:['’]s\b)?", text))
    for index, word in enumerate(words):
        if _names_its_own(text[: word.start()]):
            break
        following = words[index + 1][0].lower() if index + 1 < len(words) else ""
        if replacement := _replacement(word[0].lower(), following, topic):
            return text[: word.start()] + replacement + text[word.end() :]
    return text


def subject_of(question: str) -> str:
    """What a question names: a proper name, else its longest run of content words; empty for none."""
    if _refers_back(question):
        return ""
    if name := name_in(question):
        return name
    runs: list[list[str]] = [[]]
    for word in WORD.findall(ABOUT.sub("", CONNECTOR.sub("", question.strip()))):
        if word.lower() in FUNCTION_WORDS or not word[0].isalnum():
            runs.append([])
        else:
            runs[-1].append(word)
    return " ".join(sorted(runs, key=len, reverse=True)[0])


def name_in(text: str) -> str:
    """The first proper name that is not merely the start of a sentence, else ""."""
    found = NAME.search(text)
    return found[0] if found else ""


def content_words(text: str) -> list[str]:
    """The words that are not grammar."""
    return [word for word in WORD.findall(text) if word[0].isalnum() and word.lower() not in FUNCTION_WORDS]


def _replacement(word: str, following: str, topic: str) -> str:
    if word in PERSONS and not topic[0].isupper():
        return ""
    if word in OWNING:
        return f"{topic}'s" if following else topic
    if word in POINTERS:
        return topic if not following or following in FOLLOW_A_POINTER else ""
    return topic if word in SUBJECTS else ""


def _names_its_own(before: str) -> bool:
    """Whether a question has named something itself by the time a pronoun comes, which then means that."""
    return len(content_words(before)) >= 2 or bool(name_in(before))


def _refers_back(question: str) -> bool:
    return replace_reference(question, "x") != question


def _continued(previous: str, rest: str) -> str:
    """The question before, asked again of something else."""
    joint = "" if BARE.match(rest) else "for "
    return f"{previous.rstrip(' ?.!')} {joint}{rest}"


def _with_topic(text: str, topic: str) -> str:
    return f"{text.rstrip(' ?.!')} {topic}?"
