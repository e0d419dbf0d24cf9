"""How many tokens a text is: exactly, where the model's own tokenizer is at hand, else by a cautious estimate."""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Protocol

from app.env import ConfigurationError

# What chat templates put around one message (a role, marks of beginning and end), and before the reply. Real ones take
# 3 to 6 tokens a message (ChatML 5, Llama 3 5, Mistral 3, Gemma 5).
TOKENS_AROUND_A_MESSAGE = 8
TOKENS_AROUND_A_REPLY = 8

PIECE = re.compile(
    r"(?P<word>[A-Z]?[a-z]+)|(?P<capitals>[A-Z]+)|(?P<digit> ?[0-9])|(?P<other>[^\x00-\x7f]+)|"
    r"(?P<run>(?P<sign>[^\w\s])(?P=sign){3,}|[ ]{2,})|(?P<blank>[ ])|.",
    re.DOTALL,
)
# What is looked up at once: a word with the blank before it and the signs behind it. No piece reaches from one into the
# next, and most were met before.
STRETCH = re.compile(r" ?[^ ]+| +")
# Letters that a first token of a word holds, and each further one; past LONG a word is a compound of another language.
FIRST, FURTHER, LONG, COMPOUND = 5, 3, 11, 2
CAPITALS, RUN = 2, 2
STRETCHES_REMEMBERED, LONGEST_REMEMBERED = 50_000, 30


class TokenCounter(Protocol):
    """`is_exact`: counts as the model itself does."""

    is_exact: bool

    def count(self, text: str) -> int:
        """Tokens of the text alone, without what a chat template puts around it."""
        ...


class ExactCounter:
    """Counts with a `tokenizer.json`, as models are published with."""

    is_exact = True

    def __init__(self, path: str) -> None:
        from tokenizers import Tokenizer

        try:
            self._tokenizer = Tokenizer.from_file(path)
        except Exception:  # noqa: BLE001 - the library raises plain Exception for whatever is wrong with a file.
            raise ConfigurationError(f"LLM_TOKENIZER names {path}, which cannot be read as a tokenizer.json.") from None
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def count(self, text: str) -> int:
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)


class EstimatingCounter:
    """Counts words, digits and signs as a model with a small vocabulary would split them, so rather too many.

    `manage.py measure context` says how far it is from real tokenizers.
    """

    is_exact = False

    def count(self, text: str) -> int:
        return sum(map(_tokens.__getitem__, STRETCH.findall(text)))


class LargestCounter:
    """Of several counters the largest count, for a prompt that one of several models will read."""

    def __init__(self, counters: Sequence[TokenCounter]) -> None:
        self._counters = counters
        self.is_exact = all(counter.is_exact for counter in counters)

    def count(self, text: str) -> int:
        return max(counter.count(text) for counter in self._counters)


class RememberingCounter:
    """Counts each text once: for the many looks at one prompt while it is put together."""

    def __init__(self, counter: TokenCounter) -> None:
        self.is_exact = counter.is_exact
        self.count = lru_cache(maxsize=None)(counter.count)


class _Tokens(dict[str, int]):
    """Tokens by stretch, so that each is taken to pieces once."""

    def __missing__(self, stretch: str) -> int:
        tokens = sum(map(_tokens_of, PIECE.finditer(stretch)))
        if len(self) < STRETCHES_REMEMBERED and len(stretch) <= LONGEST_REMEMBERED:
            self[stretch] = tokens
        return tokens


_tokens = _Tokens()


def _tokens_of(piece: re.Match[str]) -> int:
    text = piece[0]
    match piece.lastgroup:
        case "word":
            further, compound = min(len(text), LONG) - FIRST, len(text) - LONG
            return 1 + max(0, _ceil(further, FURTHER)) + max(0, _ceil(compound, COMPOUND))
        case "capitals":
            return _ceil(len(text), CAPITALS)
        case "run":
            return _ceil(len(text), RUN)
        case "blank":
            return 0  # It belongs to the word behind it.
        case "digit" | "other":
            return len(text.encode())  # Nothing can be more tokens than it has bytes.
    return 1


def _ceil(letters: int, per_token: int) -> int:
    return -(-letters // per_token)


@cache
def counter_for(tokenizer: str) -> TokenCounter:
    """Of the path of a `tokenizer.json`, or of "" for none. Raises ConfigurationError for a file that is none."""
    return ExactCounter(str(Path(tokenizer).expanduser())) if tokenizer else EstimatingCounter()
