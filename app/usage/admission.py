"""Whether somebody may ask or search now. A refusal says in a sentence how much it was and when to come back.

Every limit is looked at before anything is counted, so a refused question uses up nothing. Two questions at
the same instant may both be counted although the second is refused: never is one too many let through.
"""

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from django.contrib.auth.models import Group
from limits import RateLimitItemPerSecond
from limits.strategies import MovingWindowRateLimiter

from app.telemetry.metrics import LIMIT_HITS
from app.usage import slots
from app.usage.limit_words import Limit, wait_in_words
from app.usage.spender import EVERYONE, Spender, group_subject, user_subject
from app.usage.valkey import storage, unless_down

Act = Literal["question", "search"]
COUNTED_AS: dict[Act, tuple[str, str]] = {
    "question": ("asked {count} question{s}", "Ask"),
    "search": ("searched {times}", "Search"),
}
# When a slot gets free nobody can know; answers take seconds.
SLOT_WAIT_S = 5


@dataclass(frozen=True, slots=True)
class Applied:
    """A limit as it holds for one spender: the name of the counter, and whose it is in words."""

    limit: Limit
    subject: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """What is left of one limit. `reset_s`: seconds until the oldest use falls out of the window."""

    limit: Limit
    left: int
    reset_s: int


Counted = tuple[Applied | None, tuple[Window, ...]]


class TooMany(Exception):  # noqa: N818 - the name says what happened
    """A limit is reached; `str()` is the sentence for the asker."""

    permanent = False

    def __init__(self, message: str, *, retry_after_s: int, windows: Sequence[Window] = ()) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.windows = tuple(windows)


def admit(spender: Spender, limits: Sequence[Limit], act: Act) -> tuple[Window, ...]:
    """Count one question or search. Raises TooMany. Returns what is left afterwards; nothing where Valkey is down."""
    rates = applied((each for each in limits if not each.is_at_once), spender)
    if not rates:
        return ()
    unknown: Counted = (None, ())
    full, windows = unless_down(lambda: _counted(rates, act), unknown)
    if full is not None:
        LIMIT_HITS.labels(act, full.limit.scope, "rate").inc()
        reset_s = next(each.reset_s for each in windows if each.limit == full.limit)
        raise TooMany(rate_message(full, act, reset_s), retry_after_s=reset_s, windows=windows)
    return windows


def look(spender: Spender, limits: Sequence[Limit], act: Act) -> tuple[Window, ...]:
    """What is left, without counting anything."""
    rates = applied((each for each in limits if not each.is_at_once), spender)
    return unless_down(lambda: _left(rates, act), ()) if rates else ()


def take_slot(member: str, spender: Spender, limits: Sequence[Limit], *, for_s: float) -> None:
    """Take a slot for an answer. Raises TooMany when as many are being made as may be."""
    held = applied((each for each in limits if each.is_at_once), spender)
    full = slots.take(member, [(each.subject, each.limit.amount) for each in held], for_s=for_s)
    if full is not None:
        LIMIT_HITS.labels("question", held[full].limit.scope, "at_once").inc()
        raise TooMany(slot_message(held[full]), retry_after_s=SLOT_WAIT_S)


def applied(limits: Iterable[Limit], spender: Spender) -> list[Applied]:
    """The limits that hold for the spender, one for each of their groups where each group has it."""
    found: list[Applied] = []
    groups: dict[int, str] | None = None
    for limit in limits:
        if limit.scope == "everyone":
            found.append(Applied(limit, EVERYONE))
        elif limit.scope == "user" and spender.user_id is not None:
            found.append(Applied(limit, user_subject(spender.user_id)))
        elif limit.scope == "group" and spender.group_ids:
            groups = names_of(spender.group_ids) if groups is None else groups
            found += [
                Applied(limit, group_subject(pk), name)
                for pk, name in groups.items()
                if not limit.group or limit.group.casefold() == name.casefold()
            ]
    return found


def names_of(group_ids: Iterable[int]) -> dict[int, str]:
    return dict(Group.objects.filter(pk__in=group_ids).order_by("pk").values_list("pk", "name"))


def _counted(rates: Sequence[Applied], act: Act) -> Counted:
    """The limit that is reached, if any, and what is left of each."""
    limiter = MovingWindowRateLimiter(storage())
    full = None
    if len(rates) > 1:
        full = next((each for each in rates if not limiter.test(item_of(each), act, each.subject)), None)
    if full is None:
        full = next((each for each in rates if not limiter.hit(item_of(each), act, each.subject)), None)
    return full, _left(rates, act)


def _left(rates: Sequence[Applied], act: Act) -> tuple[Window, ...]:
    limiter = MovingWindowRateLimiter(storage())
    return tuple(window_of(limiter, each, act) for each in rates)


def item_of(each: Applied) -> RateLimitItemPerSecond:
    return RateLimitItemPerSecond(each.limit.amount, each.limit.seconds)


def window_of(limiter: MovingWindowRateLimiter, each: Applied, act: Act) -> Window:
    stats = limiter.get_window_stats(item_of(each), act, each.subject)
    # A use counts up to and with the last instant of its window, so one comes back a moment after it.
    reset_s = math.floor(max(stats.reset_time - time.time(), 0)) + 1
    return Window(each.limit, max(stats.remaining, 0), min(reset_s, each.limit.seconds + 1))


def rate_message(full: Applied, act: Act, reset_s: int) -> str:
    did, again = COUNTED_AS[act]
    amount = full.limit.amount
    times = "once" if amount == 1 else f"{amount:,} times"
    said = did.format(count=f"{amount:,}", s="" if amount == 1 else "s", times=times)
    who = {"user": "You have", "group": f"Your group {full.group} has", "everyone": "Everybody together has"}
    return f"{who[full.limit.scope]} {said} in {full.limit.window}. {again} again in {wait_in_words(reset_s)}."


def slot_message(full: Applied) -> str:
    amount = full.limit.amount
    count = "One" if amount == 1 else f"{amount:,}"
    answers = "answer" if amount == 1 else "answers"
    being = "is" if amount == 1 else "are"
    whose = {
        "user": f"{count} {answers} to questions of yours",
        "group": f"{count} {answers} to questions of your group {full.group}",
        "everyone": f"{count} {answers}",
    }[full.limit.scope]
    which = "it" if amount == 1 else "one of them"
    return f"{whose} {being} being made. Ask again when {which} is finished."
