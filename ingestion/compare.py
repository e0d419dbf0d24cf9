"""What a look at a source means for what is known of it. Pure: two listings in, a plan out."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from ingestion.connectors.base import Item


@dataclass(slots=True)
class Plan:
    """`moved` pairs the external id a document had with the item it is now; `removed` are external ids."""

    added: list[Item] = field(default_factory=list)
    updated: list[Item] = field(default_factory=list)
    moved: list[tuple[str, Item]] = field(default_factory=list)
    unchanged: list[Item] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


def compare(
    known: Mapping[str, str],
    items: Iterable[Item],
    *,
    everything: bool = False,
    removed: Collection[str] | None = None,
) -> Plan:
    """`known` maps external ids to fingerprints. With `everything`, unchanged items count as updated.

    `items` are all there are, unless `removed` says what is gone; then they are what changed. A new item
    has moved where the source says from where, or where one that is gone has the very same fingerprint
    and file ending and there is only one such pair. Items listed twice count once.
    """
    listed = {item.external_id: item for item in items}
    plan = Plan()
    for external_id, item in listed.items():
        if external_id not in known:
            plan.added.append(item)
        elif everything or known[external_id] != item.fingerprint:
            plan.updated.append(item)
        else:
            plan.unchanged.append(item)
    gone = _gone(known, listed, removed)
    plan.moved = _told(known, listed, plan.added)
    _take_moved(plan, gone)
    plan.moved += _guessed(known, gone, plan.added)
    _take_moved(plan, gone)
    plan.removed = list(gone)
    return plan


def ending(external_id: str) -> str:
    """Of the last part of a path or an address: the dots of a host's name end nothing."""
    name = external_id.rpartition("/")[2]
    return name.rsplit(".", 1)[-1].lower() if "." in name else ""


def _gone(known: Mapping[str, str], listed: Mapping[str, Item], removed: Collection[str] | None) -> dict[str, None]:
    candidates = known if removed is None else removed
    return dict.fromkeys(name for name in candidates if name in known and name not in listed)


def _take_moved(plan: Plan, gone: dict[str, None]) -> None:
    destinations = {item.external_id for _, item in plan.moved}
    plan.added = [item for item in plan.added if item.external_id not in destinations]
    for origin, _ in plan.moved:
        gone.pop(origin, None)


def _told(known: Mapping[str, str], listed: Mapping[str, Item], added: list[Item]) -> list[tuple[str, Item]]:
    """Moves that the source tells of; where two items come from one, the second is a copy."""
    moves: dict[str, Item] = {}
    for item in added:
        if item.moved_from in known and item.moved_from not in listed:
            moves.setdefault(item.moved_from, item)
    return list(moves.items())


def _guessed(known: Mapping[str, str], gone: Iterable[str], added: list[Item]) -> list[tuple[str, Item]]:
    keys_gone = {external_id: (known[external_id], ending(external_id)) for external_id in gone if known[external_id]}
    keys_added = {item.external_id: (item.fingerprint, ending(item.external_id)) for item in added}
    counts_gone, counts_added = Counter(keys_gone.values()), Counter(keys_added.values())
    origin = {key: external_id for external_id, key in keys_gone.items() if counts_gone[key] == 1}
    return [
        (origin[key], item)
        for item in added
        if (key := keys_added[item.external_id]) in origin and counts_added[key] == 1
    ]
