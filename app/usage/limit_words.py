"""Limits as people write them: "20/m/user", "200/h/group:finance", "2000/h", "3/at-once/user". Pure.

amount / window / whom: the window is s, m, h or d, perhaps several of them ("100/5m"), or at-once for answers
that are made beside each other. Whom is user (each person), group (each group together), group:NAME, or
left out for everybody together.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.env import ConfigurationError

OFF = "off"
AT_ONCE = "at-once"
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
UNIT_WORDS = {"s": "second", "m": "minute", "h": "hour", "d": "day"}
SHAPE = re.compile(
    r"(?P<amount>[1-9]\d{0,8})/(?:(?P<times>[1-9]\d{0,3})?(?P<unit>[smhd])|(?P<at_once>at-once))(?:/(?P<whom>.+))?"
)
WHOM = re.compile(r"user|group|group:(?P<name>.+)")
EXAMPLES = "20/m/user, 200/h/group:finance, 2000/h or 3/at-once/user"


@dataclass(frozen=True, slots=True)
class Limit:
    """`scope` is user, group or everyone; `group` names one group, and is empty for each. `seconds` 0: at once."""

    text: str
    amount: int
    seconds: int
    window: str
    scope: str
    group: str = ""

    @property
    def is_at_once(self) -> bool:
        return self.seconds == 0


def refuse_wrong_limits(setting: str, texts: Sequence[str]) -> None:
    """Raises ConfigurationError with a sentence for whoever set `setting`."""
    try:
        limits_of(tuple(texts))
    except ValueError as wrong:
        said = f'{setting} has "{wrong}", but a limit must be written like {EXAMPLES}'
        raise ConfigurationError(f"{said}; {OFF} alone means that there is none.") from None


@lru_cache
def limits_of(texts: tuple[str, ...]) -> tuple[Limit, ...]:
    """Raises ValueError with the text that is no limit."""
    if texts == (OFF,):
        return ()
    return tuple(limit_of(text) for text in texts)


def limit_of(text: str) -> Limit:
    shape = SHAPE.fullmatch(text)
    whom = WHOM.fullmatch(shape["whom"] or "user") if shape else None
    if shape is None or whom is None:
        raise ValueError(text)
    scope = (shape["whom"] or "everyone").partition(":")[0]
    times = int(shape["times"] or 1)
    seconds = 0 if shape["at_once"] else times * SECONDS[shape["unit"]]
    window = AT_ONCE if shape["at_once"] else window_in_words(times, shape["unit"])
    return Limit(text, int(shape["amount"]), seconds, window, scope, whom["name"] or "")


def window_in_words(times: int, unit: str) -> str:
    """ "a minute", "an hour", "5 minutes"."""
    word = UNIT_WORDS[unit]
    if times > 1:
        return f"{times} {word}s"
    return f"an {word}" if unit == "h" else f"a {word}"


def wait_in_words(seconds: int) -> str:
    """ "35 seconds", "4 minutes", "2 hours": never shorter than it is."""
    for size, word in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds > 2 * size or (seconds > size and size == 60):
            return f"{-(-seconds // size)} {word}s"
    return f"{seconds} second" + ("" if seconds == 1 else "s")
