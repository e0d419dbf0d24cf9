"""What the misbehaving server says: a pure function of its behaviour, the prompt and the request's dice."""

import random
import re
from collections.abc import Sequence
from itertools import cycle, islice

from app.providers.tests.mock_behaviour import Behaviour
from app.providers.tests.mock_grades import grades, is_grading
from app.providers.tests.mock_obedience import obeyed
from app.providers.tests.mock_passages import Passage, asked, cited, first_sentences, passages_in
from app.providers.tests.mock_reading import nearest, read_aloud

TEXT = "The policy allows twenty days of leave each year and it must be agreed with the manager first ."
LONGEST = 4000
INVENTED = ("Halvorsen", "Brightwater", "Quillfeather", "Mirandola", "Castellane")
UNSUPPORTED = (
    "Exceptions are approved by {name} within {days} working days [1].",
    "Since last spring the limit has been {days} for everyone at {name} [1].",
    "{name} reviews this every {days} weeks.",
)
GERMAN = ("Das steht so in den Unterlagen der Firma", "Bitte fragen Sie auch die Abteilung, die dafür zuständig ist")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}")
WORD = re.compile(r"[\w.,]*\w")
BLOCK = re.compile(r"^\S+ (passage|sentence)\b[^\n]*\n(.*?)\n\S+ end of \1$", re.MULTILINE | re.DOTALL)
NOTHING = "The documents do not say."


def tokens(behaviour: Behaviour, messages: Sequence[dict], dice: random.Random, max_tokens: int = LONGEST) -> list[str]:
    """The reply, cut where its server cuts."""
    if behaviour.flags & {"empty", "filtered"}:
        return []
    if "repeat" in behaviour.flags:
        return list(islice(cycle(_split(f" {TEXT}")), max_tokens))
    return _split(text_of(behaviour, messages, dice))


def text_of(behaviour: Behaviour, messages: Sequence[dict], dice: random.Random) -> str:
    if is_rewriting(messages):
        return rewritten(messages)
    if is_judging(messages):
        return verdict(messages)
    if is_grading(messages) and not behaviour.has("len"):
        return grades(messages)
    if "read" in behaviour.flags:
        return obeyed(messages, _read_if_near(messages)) if "obey" in behaviour.flags else read_aloud(messages)
    said = "\n".join(message["content"] for message in messages)
    passages = passages_in(said)
    for flag, act in BY_FLAG.items():
        if flag in behaviour.flags:
            return act(passages, dice)
    return obeyed(messages) if "obey" in behaviour.flags else filler(behaviour)


def filler(behaviour: Behaviour) -> str:
    return " ".join(islice(cycle(TEXT.split()), behaviour.number("len", 20)))


def _read_if_near(messages: Sequence[dict]) -> str:
    return read_aloud(messages) if nearest(messages) else ""


def honest(passages: list[Passage], dice: random.Random) -> str:
    return cited(passages) or NOTHING


def invented(passages: list[Passage], dice: random.Random) -> str:
    """Altered numbers and names under the right markers, and one sentence out of thin air."""
    sentences = [f"{_altered(each.text, dice)[:-1]} [{each.number}]." for each in first_sentences(passages)]
    added = dice.choice(UNSUPPORTED).format(name=dice.choice(INVENTED), days=dice.randint(11, 97))
    return " ".join([*sentences, added])


def wrongly_cited(passages: list[Passage], dice: random.Random) -> str:
    """Each sentence has the marker of the next passage, the last one also a marker that points at nothing."""
    numbers = [each.number for each in passages] or ["1"]
    shifted = dict(zip(numbers, [*numbers[1:], numbers[0]], strict=True))
    sentences = [f"{each.text[:-1]} [{shifted[each.number]}]." for each in first_sentences(passages)]
    return " ".join(sentences or [NOTHING]) + " [99]"


def german(passages: list[Passage], dice: random.Random) -> str:
    numbers = [each.number for each in passages][:2] or ["1"]
    return " ".join(f"{text} [{number}]." for text, number in zip(GERMAN, numbers, strict=False))


BY_FLAG = {"cite": honest, "invent": invented, "wrongcite": wrongly_cited, "lang": german}


def is_rewriting(messages: Sequence[dict]) -> bool:
    """Whether this is a request to make a question standalone: its instructions say so and hold no passages."""
    system = " ".join(message["content"] for message in messages if message["role"] == "system").lower()
    return bool(re.search(r"stand[- ]?alone|rewrite|rephrase", system)) and "passage" not in system


def rewritten(messages: Sequence[dict]) -> str:
    """The earlier question with the new one's words added, as a dull but sensible model would have it."""
    questions = asked(messages)
    if len(questions) < 2:
        return questions[-1] if questions else ""
    earlier, latest = questions[-2].rstrip("?. "), re.sub(r"(?i)^(and|what about|how about|but)\s+", "", questions[-1])
    return f"{earlier}, {latest}"


def is_judging(messages: Sequence[dict]) -> bool:
    """Whether this is a request for one word on whether a passage supports a sentence."""
    return any(message["role"] == "system" and "UNSUPPORTED" in message["content"] for message in messages)


def verdict(messages: Sequence[dict]) -> str:
    """By bare words: supported where the passage has every number of the sentence and most of its words."""
    blocks = dict(BLOCK.findall("\n".join(message["content"] for message in messages if message["role"] == "user")))
    passage, sentence = (set(WORD.findall(blocks.get(name, "").lower())) for name in ("passage", "sentence"))
    numbers = {word for word in sentence if any(sign.isdigit() for sign in word)}
    is_most = len(sentence & passage) >= 0.6 * len(sentence)
    return "SUPPORTED" if sentence and numbers <= passage and is_most else "UNSUPPORTED"


def _altered(sentence: str, dice: random.Random) -> str:
    """With its numbers raised; without any, with a name exchanged; without both, with the contrary claimed."""
    if NUMBER.search(sentence):
        return NUMBER.sub(lambda found: _raised(found[0], dice), sentence)
    if NAME.search(sentence):
        return NAME.sub(dice.choice(INVENTED), sentence, count=1)
    negated = re.sub(r"\b(is|are|must|may|can|has|have|will)\b", r"\1 not", sentence, count=1)
    return negated if negated != sentence else f"It is not true that {sentence[0].lower()}{sentence[1:]}"


def _raised(number: str, dice: random.Random) -> str:
    return re.sub(r"\d", lambda digit: str((int(digit[0]) + dice.randint(1, 8)) % 10), number, count=1)


def _split(text: str) -> list[str]:
    """Words with the blanks before them, as tokens come."""
    return re.findall(r"\s*\S+", text)
