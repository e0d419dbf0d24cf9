"""What the misbehaving server does is said by the model's name: `mock-ttft50-itl5-len40`, `mock-cut10`.

- `500`: that status; with `first2` for the first two requests only, with `after2` from the third on;
  `retryafter3` adds the header.
- `hang`: no answer at all. `hang10` `cut10` `end10` `error10`: after ten tokens silence, a broken connection,
  a stream that just ends, an error event.
- `slow` `malformed` `html` `empty` `filtered` `nousage` `thinking`; `cite` quotes numbered passages.
- `ttft50` `itl5`: milliseconds before the first and between tokens. `len40`: tokens. `dim16`: of embeddings.
"""

import re
from dataclasses import dataclass, field
from itertools import cycle, islice

TEXT = "The policy allows twenty days of leave each year and it must be agreed with the manager first ."
# "[1] Title", with at most one word before it; ends at the next one or at its "… end of [1]".
OPENING = r"^\W*(?:\S+ )?\[(\d+)\]"
PASSAGE = re.compile(OPENING + r"[^\n]*\n?(.*?)(?=^\W*(?:\S+ )?\[\d+\]|^\S+ end of \[|\Z)", re.MULTILINE | re.DOTALL)
TAGGED = re.compile(r"<(\w+)[^>]*\b(?:id|number|n)=\"(\d+)\"[^>]*>(.*?)</\1>", re.DOTALL)
SENTENCE = re.compile(r"[A-Z][^.!?\n]{15,}[.!?]")


@dataclass(frozen=True)
class Behaviour:
    flags: frozenset[str] = frozenset()
    numbers: dict[str, int] = field(default_factory=dict)
    status: int = 200

    def number(self, word: str, default: int = -1) -> int:
        return self.numbers.get(word, default)

    def status_of(self, earlier_requests: int) -> int:
        is_spared = earlier_requests < self.number("after", 0)
        is_over = earlier_requests >= self.number("first", 10**9)
        return 200 if is_spared or is_over else self.status

    @property
    def first_token_s(self) -> float:
        return self.number("ttft", 500 if "slow" in self.flags else 0) / 1000

    @property
    def between_tokens_s(self) -> float:
        return self.number("itl", 200 if "slow" in self.flags else 0) / 1000

    def tokens(self, prompt: str) -> list[str]:
        if self.flags & {"empty", "filtered"}:
            return []
        words = cited(prompt).split() if "cite" in self.flags else self._filler()
        return [word if i == 0 else f" {word}" for i, word in enumerate(words)]

    def _filler(self) -> list[str]:
        return list(islice(cycle(TEXT.split()), self.number("len", 20)))


def read_name(model: str) -> Behaviour:
    flags, numbers, status = set(), {}, 200
    for word in model.split("-")[1:]:
        if re.fullmatch(r"[1-5]\d\d", word):
            status = int(word)
        elif numbered := re.fullmatch(r"([a-z]+)(\d+)", word):
            numbers[numbered[1]] = int(numbered[2])
        else:
            flags.add(word)
    return Behaviour(frozenset(flags), numbers, status)


def cited(prompt: str) -> str:
    """The first sentence of each of the first two numbered passages in `prompt`, with its marker."""
    tagged = [(number, text) for _, number, text in TAGGED.findall(prompt)]
    quotes = []
    for number, text in tagged or PASSAGE.findall(prompt):
        if sentence := SENTENCE.search(text):
            quotes.append(f"{sentence[0][:-1]} [{number}].")
    return " ".join(quotes[:2]) or "The documents do not say."
