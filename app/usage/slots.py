"""How many answers are made at once, for each person, each group and everybody.

An answer takes a slot in every set that it counts in, or in none. A slot is given back when the answer is
recorded, and ends by itself where the process that held it died.
"""

import time
from collections.abc import Sequence
from typing import Any

from app.usage.valkey import PREFIX, client, unless_down

# ARGV: now, member, until, then the most of each set in KEYS. Returns 0, or the number of the first full set.
TAKE = """
for place, key in ipairs(KEYS) do
  redis.call('zremrangebyscore', key, '-inf', ARGV[1])
  if redis.call('zcard', key) >= tonumber(ARGV[3 + place]) then return place end
end
for _, key in ipairs(KEYS) do
  redis.call('zadd', key, ARGV[3], ARGV[2])
  redis.call('expireat', key, math.ceil(tonumber(ARGV[3])) + 60)
end
return 0
"""


def take(member: str, sets: Sequence[tuple[str, int]], *, for_s: float) -> int | None:
    """Take a slot in each of the `sets` (name, most). Returns the place of one that is full, else None."""
    if not sets:
        return None
    names, most = [key_of(name) for name, _ in sets], [amount for _, amount in sets]
    now = time.time()

    def act() -> int:
        kept = client().pipeline()
        full = int(client().register_script(TAKE)(keys=names, args=[now, member, now + for_s, *most]))
        if not full:
            kept.sadd(held_key(member), *names)
            kept.expire(held_key(member), int(for_s) + 60)
            kept.execute()
        return full

    full = unless_down(act, 0)
    return full - 1 if full else None


def hold(member: str, *, for_s: float) -> None:
    """Keep the slots of `member`, if it has any, for so long from now on."""

    def act() -> None:
        names = _names(member)
        if not names:
            return
        until, longer = time.time() + for_s, client().pipeline()
        for name in names:
            longer.zadd(name, {member: until}, xx=True)
            longer.expireat(name, int(until) + 60)
        longer.expire(held_key(member), int(for_s) + 60)
        longer.execute()

    unless_down(act, None)


def give_back(member: str) -> None:
    def act() -> None:
        names = _names(member)
        if not names:
            return
        gone = client().pipeline()
        for name in names:
            gone.zrem(name, member)
        gone.delete(held_key(member))
        gone.execute()

    unless_down(act, None)


def _names(member: str) -> list[str]:
    found: Any = client().smembers(held_key(member))
    return [each.decode() if isinstance(each, bytes) else str(each) for each in found]


def key_of(name: str) -> str:
    return f"{PREFIX}:at-once:{name}"


def held_key(member: str) -> str:
    return f"{PREFIX}:held:{member}"
