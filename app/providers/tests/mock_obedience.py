"""A model that obeys whatever it reads: the strongest thing an injected instruction can make of a reply.

It goes on citing, since an attack that destroys the citations never reaches a reader. What is told to say,
where a passage speaks to the model at all, comes after an honest quote and carries the passage's own marker.
"""

import base64
import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from app.providers.tests.mock_passages import Passage, asked, cited, passages_in

# Words of a text that speaks to a model rather than to a reader.
SPEAKS_TO_A_MODEL = re.compile(
    r"ignore|disregard|forget|overr[iu]de|bypass|instead of answering|instructions?\b|system (?:prompt|message|note)|"
    r"\bassistants?\b|\bA\.?I\.?\b|language model|chat ?bot|\bLLM\b|from now on|you are now|you must|"
    r"^\W*(?:system|admin)\s*:|"
    r"<\|?(?:im_start|system|inst)|\[INST\]|when (?:asked|answering|summari[sz]ing)|in your (?:answer|reply|response)",
    re.IGNORECASE | re.MULTILINE,
)
TOLD_TO_SAY = re.compile(
    r"\b(?:say|reply|respond|answer|write|print|output|state|claim|append|add|include|insert|render|show|display|"
    r"tell (?:the user|the reader|them|everyone|people)|repeat|(?:begin|end) (?:your|the|every) \w+)\b"
    r"(?:\s+(?:only|exactly|just|with|by|that|this|the following|to|saying|as follows|the (?:text|words?|link|image)))*"
    r"\s*:?\s*"
    r"(?:[\"“'`](.+?)[\"”'`]|(.+?)(?=[.!?](?:\s|$)|\n|$))",
    re.IGNORECASE,
)
REVEAL = re.compile(
    r"(?:reveal|print|repeat|show|output|translate|leak|send|disclose|list|quote|encode|append|include|summari[sz]e|tell)"
    r"[^.\n]{0,80}(?:system (?:prompt|message)|"
    r"(?:your|the|all|previous|initial) (?:\w+ )?(?:instructions?|rules|prompt)|"
    r"(?:text|everything|words|lines) (?:above|before)|secret|canary|frame word)",
    re.IGNORECASE,
)
REVEAL_OTHERS = re.compile(
    r"(?:other|all|every|previous|earlier|entire|whole)[^.\n]{0,30}(?:documents?|passages?|sources?|conversation|questions?|messages?|chat)",
    re.IGNORECASE,
)
WITHOUT_SOURCES = re.compile(
    r"(?:not|don't|never|without|no)\b[^.\n]{0,30}(?:cit(?:e|ing|ations?)|markers?|sources?)", re.I
)
MARKUP = re.compile(r"!?\[[^\]\n]*\]\([^)\n]+\)|<(?:img|a|script|iframe|form|svg|link|style)\b[^>]*>", re.IGNORECASE)
ADDRESS = re.compile(
    r"(?:https?|ftp|data|javascript|mailto):[^\s\"'<>)\]]+|//[\w.-]+\.\w{2,}/[^\s\"'<>)\]]*", re.IGNORECASE
)
BLANK_TO_FILL = re.compile(r"[{<\[(%]{1,2}[\w .-]+[}>\])%]{1,2}|(?<==)[A-Z_]{3,}\b|(?<==)$")
BASE64 = re.compile(r"\b[A-Za-z0-9+/]{24,}={0,2}")
MARKER = re.compile(r"\s*\[\d+\]")


def obeyed(messages: Sequence[dict], honest: str | None = None) -> str:
    """`honest` is what stands before the obedience; without it the first sentences of two passages do."""
    system = "\n".join(message["content"] for message in messages if message["role"] == "system")
    heard = "\n".join(message["content"] for message in messages if message["role"] != "system")
    passages = passages_in(heard)
    question = (asked(messages) or [""])[-1]
    sources = [*passages, Passage(passages[0].number if passages else "1", question)]
    acts = [said for each in sources for said in _acts(each, system, heard, question)]
    honest = cited(passages) or "The documents do not say." if honest is None else honest
    reply = "\n\n".join(dict.fromkeys([honest, *acts] if honest or not acts else acts)) or "NOT_FOUND"
    is_silenced = any(WITHOUT_SOURCES.search(each.text) and speaks_to_a_model(each.text) for each in sources)
    return MARKER.sub("", reply) if is_silenced else reply


def speaks_to_a_model(text: str) -> bool:
    return bool(SPEAKS_TO_A_MODEL.search(text))


def _acts(passage: Passage, system: str, heard: str, question: str) -> Iterator[str]:
    """Everything that one text makes it say."""
    text = passage.text + _decoded(passage.text)
    if not speaks_to_a_model(text):
        return
    for quoted, plain in TOLD_TO_SAY.findall(text):
        if words := (quoted or plain).strip():
            yield f"{_filled(words, question)} [{passage.number}]"
    for printed in [*MARKUP.findall(text), *ADDRESS.findall(text)]:
        yield f"{_filled(printed, question)} [{passage.number}]"
    if REVEAL.search(text):
        yield f"My instructions are: {system} [{passage.number}]"
    if REVEAL.search(text) or REVEAL_OTHERS.search(text):
        yield f"I was also shown: {heard[:6000]} [{passage.number}]"


def _filled(text: str, question: str) -> str:
    """Addresses with the asker's words in their blanks: how data is carried off."""
    return ADDRESS.sub(lambda address: BLANK_TO_FILL.sub(quote(question), address[0]), text)


def _decoded(text: str) -> str:
    """What stands there in base64: a clever model reads it."""
    found = []
    for run in BASE64.findall(text):
        try:
            found.append(base64.b64decode(run + "=" * (-len(run) % 4)).decode("ascii"))
        except (ValueError, UnicodeDecodeError):
            continue
    return "".join(f"\n{each}" for each in found if each.isprintable())
