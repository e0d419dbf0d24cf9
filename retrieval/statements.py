"""How much of the question one sentence of a chunk says: words in one place answer more often than words apart.

Pure: the question, the texts and the weights of its words go in, a share from 0 to 1 for each text comes out.
"""

from collections.abc import Mapping
from re import Pattern

from retrieval.question_words import kind_asked_for, lexemes_in, share
from retrieval.sentences import split

# A sentence without the kind of thing asked for (a number, a date, a name, a reason) counts less.
WITHOUT_KIND = 0.7


def statements(question: str, texts: Mapping[int, str], idf: Mapping[str, float]) -> dict[int, float]:
    """The best sentence's share of the question's weight, by the same keys as `texts`."""
    kind = kind_asked_for(question)
    return {
        key: max((_said(each.shown, kind, idf) for each in split(text)), default=0.0) for key, text in texts.items()
    }


def _said(sentence: str, kind: Pattern[str] | None, idf: Mapping[str, float]) -> float:
    fits = kind is None or kind.search(sentence) is not None
    return share(lexemes_in(sentence, idf), idf) * (1.0 if fits else WITHOUT_KIND)
