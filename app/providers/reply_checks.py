"""What is plainly wrong with a reply, found in its text alone: it repeats itself, or it is in another language. Pure.

Languages are told by their commonest words and their script. Where that is unclear nothing is said: a false
alarm would throw a good answer away.
"""

import re
import unicodedata
from collections import Counter

# A unit said so often, and so much text of it, is a loop: lists and tables repeat less.
LOOPS = 4
LOOP_CHARACTERS = 120
LONGEST_UNIT = 400
WORD = re.compile(r"[^\W\d_]+")
FEWEST_WORDS = 3
COMMON = {
    "en": "the of and to in is that for it with as are on be this by an or not from at which have what how my "
    "when can do does must may has you your i we who where if will a may much many was there",
    "de": "der die das und ist nicht ein eine zu den mit von für auf dem im sich des wie was ich wir sie es "
    "kann muss wird werden bei oder auch wann wer wo hat darf einen einer",
    "fr": "le la les de des et est un une du que qui dans pour pas sur au avec ce il elle nous vous je quel "
    "quelle comment combien sont ou aux peut doit mon",
    "es": "el la los las de y es un una que en por para con no se del al lo como su más qué cuál cuánto puedo "
    "debe son mi cómo cuando hay",
    "it": "il la lo gli le di e è un una che in per con non si del della al come su più qual quanto posso deve "
    "sono mio quando dei nel",
    "nl": "de het een en is van in dat op te voor met niet zijn aan er om wat hoe mijn ik wij je kan moet bij "
    "of wanneer ook worden wordt",
    "pt": "o a os as de e é um uma que em por para com não se do da no na como mais qual quanto posso deve são "
    "meu quando dos das",
    "pl": "w i na z do nie się jest to że o jak po dla czy co ile kiedy mogę od przez oraz są lub moje",
    "sv": "och att det som en på är av för med till den inte om ett hur vad jag vi kan ska från har när min eller",
}
WORDS_OF = {language: frozenset(words.split()) for language, words in COMMON.items()}


def repeats(text: str) -> bool:
    """Whether the text ends in one unit said again and again."""
    tail = text[-LONGEST_UNIT * LOOPS :]
    if len(tail) < LOOP_CHARACTERS:
        return False
    for unit in range(1, len(tail) // LOOPS + 1):
        looped = max(unit * LOOPS, LOOP_CHARACTERS)
        if looped <= len(tail) and tail[-looped:-unit] == tail[unit - looped :] and tail[-unit:].strip(" .-_|=*\n"):
            return True
    return False


def language_of(text: str) -> str:
    """ "en", "de", … or a script such as "CYRILLIC" or "CJK"; "" where it cannot be told."""
    script = _script(text)
    if script != "LATIN":
        return script
    words = [word.lower() for word in WORD.findall(text)]
    hits = Counter({language: sum(word in common for word in words) for language, common in WORDS_OF.items()})
    (best, most), (_, next_most) = hits.most_common(2)
    # Neighbouring languages share their little words, so that a bare majority says nothing.
    is_clear = most >= FEWEST_WORDS and most >= 1.5 * next_most and most >= 0.15 * len(words)
    return best if is_clear else ""


def is_other_language(reply: str, expected: str) -> bool:
    """Whether the reply is surely in another language than the expected one; never where either is unclear."""
    return bool(expected) and language_of(reply) not in ("", expected)


def _script(text: str) -> str:
    letters = [letter for letter in text[:2000] if letter.isalpha()]
    if not letters:
        return ""
    names = Counter(unicodedata.name(letter, "").split(" ")[0] for letter in letters)
    script, count = names.most_common(1)[0]
    return script if count > 0.6 * len(letters) else ""
