"""Whether a question leans on what was said before it. Pure; in doubt it does."""

from app.answers.following.resolve import ONES, ORDERED, THERE
from app.answers.following.topics import (
    ABOUT,
    CONNECTOR,
    READ_OF_A_QUESTION,
    WORD,
    content_words,
    names_in,
    refers,
    runs,
)
from app.answers.following.vocabulary import MORE, POINTERS, RELATIONAL

# With fewer words of its own, a question in a conversation is understood from it.
SELF_SUFFICIENT = 3


def leans(question: str) -> bool:
    """True for anything that may mean something else in another conversation."""
    text = question.strip()[:READ_OF_A_QUESTION]
    words = {word.lower() for word in WORD.findall(text)}
    points_back = refers(text) or words & (POINTERS | MORE | {"same", "one", "ones"})
    return bool(
        points_back
        or CONNECTOR.match(text)
        or ABOUT.match(text)
        or ORDERED.search(text)
        or ONES.search(text)
        or THERE.search(text)
        or not says_enough(text)
    )


def says_enough(text: str) -> bool:
    """A name or some words that say of what; "what are the main exceptions" says not of what."""
    own = content_words(text)
    if not own or all(run.words[-1].lower() in RELATIONAL for run in runs(text)):
        return False
    return bool(names_in(text)) or len(own) >= SELF_SUFFICIENT
