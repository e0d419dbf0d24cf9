"""What a look at a source means for what is known of it. Pure: two listings in, a plan out."""

from collections import Counter
from collections.abc import Iterable, Mapping
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


def compare(known: Mapping[str, str], items: Iterable[Item], *, everything: bool = False) -> Plan:
    """`known` maps external ids to fingerprints. With `everything`, unchanged items count as updated.

    An item that is new while another with the very same fingerprint and file ending is gone has
    moved, if there is only one such pair. Items listed twice count once.
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
    gone = [external_id for external_id in known if external_id not in listed]
    plan.moved = _moves(known, gone, plan.added)
    origins = {origin for origin, _ in plan.moved}
    destinations = {item.external_id for _, item in plan.moved}
    plan.removed = [external_id for external_id in gone if external_id not in origins]
    plan.added = [item for item in plan.added if item.external_id not in destinations]
    return plan


def _moves(known: Mapping[str, str], gone: list[str], added: list[Item]) -> list[tuple[str, Item]]:
    keys_gone = {external_id: (known[external_id], _ending(external_id)) for external_id in gone}
    keys_added = {item.external_id: (item.fingerprint, _ending(item.external_id)) for item in added}
    counts_gone, counts_added = Counter(keys_gone.values()), Counter(keys_added.values())
    origin = {key: external_id for external_id, key in keys_gone.items() if counts_gone[key] == 1}
    return [
        (origin[key], item)
        for item in added
        if (key := keys_added[item.external_id]) in origin and counts_added[key] == 1
    ]


def _ending(external_id: str) -> str:
    return external_id.rsplit(".", 1)[-1].lower() if "." in external_id else ""
