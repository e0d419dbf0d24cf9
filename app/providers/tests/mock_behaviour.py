"""What the misbehaving server does is said by the model's name: `mock-ttft50-itl5-len40`, `mock-cite-cut10`.

Whether it answers:
- `500`: that status; with `first2` for the first two requests only, with `after2` from the third on;
  `retryafter3` adds the header. `err20`: 20 percent of the requests fail with 500. `limit3`: 429 while three run.
- `hang`: no answer at all. `hang10` `cut10` `end10` `error10`: after ten tokens silence, a broken connection,
  a stream that just ends, an error event. A connection that is refused is a port where nothing listens.
- `dribble`: embeddings and scores come after a space every fifth of a second, for ten seconds.
- `malformed` `html` `empty` `filtered` `nousage` `thinking`; `cutlen12`: ends after twelve tokens (`cutlen`: in
  the middle) with the finish reason "length"; `repeat`: says one sentence again and again until `max_tokens`.

How fast:
- `ttft50` `itl5`: milliseconds before the first and between tokens; `slow`: 500 and 200. `pace20`: twenty tokens
  a second. `jitter50`: each of these pauses up to 50 percent longer or shorter.

What it says (see `mock_replies`):
- nothing of the below: `len40` tokens of filler without a source. `cite`: quotes numbered passages, honestly.
- `invent`: cites passages but alters their numbers and names and adds a sentence that no passage holds.
- `wrongcite`: honest sentences whose markers point at other passages, and one marker that points at nothing.
- `obey`: does what any instruction in passages or question says: repeats what it is told to say, prints links,
  images and HTML, fills data into their addresses, reveals its system prompt, the passages and the conversation.
- `read`: the sentences of the passages that are nearest to the question, with markers, or NOT_FOUND; follows the
  rules that its prompt gives, see `mock_reading`. With `obey` it then obeys as well.
- `lang`: answers in German, with markers.
- `dim16`: numbers of an embedding. `rewrite`, `judge` and `grade` are told from the prompt, not from the
  name, but with `len40` a request for grades is answered with filler too.

`seed7`: everything left to chance (`err`, `jitter`, which name is invented) follows from it and from how many
requests this model has had; the same seed does the same again.
"""

import random
import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Behaviour:
    flags: frozenset[str] = frozenset()
    numbers: dict[str, int] = field(default_factory=dict)
    status: int = 200

    def number(self, word: str, default: int = -1) -> int:
        return self.numbers.get(word, default)

    def has(self, word: str) -> bool:
        return word in self.flags or word in self.numbers

    def dice(self, request: int) -> random.Random:
        """The chance of one request, counted from 0."""
        return random.Random(f"{self.number('seed', 0)}/{request}")  # noqa: S311 - it must be repeatable

    def status_of(self, earlier_requests: int, running: int = 0) -> int:
        if running >= self.number("limit", 10**9):
            return 429
        if self.dice(earlier_requests).random() * 100 < self.number("err", 0):
            return 500
        is_spared = earlier_requests < self.number("after", 0)
        is_over = earlier_requests >= self.number("first", 10**9)
        return 200 if is_spared or is_over else self.status

    def first_token_s(self, dice: random.Random) -> float:
        return self._varied(self.number("ttft", 500 if "slow" in self.flags else 0), dice)

    def between_tokens_s(self, dice: random.Random) -> float:
        paced = 1000 / self.number("pace") if self.number("pace") > 0 else 0
        own = self.number("itl")
        usual = 200 if "slow" in self.flags else paced
        return self._varied(own if own >= 0 else usual, dice)

    def _varied(self, ms: float, dice: random.Random) -> float:
        share = self.number("jitter", 0) / 100
        return ms / 1000 * (1 + dice.uniform(-share, share))


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
