"""Whom a restriction's e-mails and group names mean here. Who is unknown here is nobody, and opens nothing."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group
from django.db.models.functions import Lower

from app.accounts.models import User
from app.corpus.models import AccessSet, Source
from ingestion.connectors.base import Readers

BATCH = 1000


def principals_of(readers: Readers) -> dict[str, Any]:
    """The readers as they are stored: equal restrictions are equal here."""
    words: dict[str, Any] = {
        "emails": sorted({email.strip().lower() for email in readers.emails}),
        "groups": sorted({name.strip() for name in readers.groups}),
    }
    return words | ({"group_ids": sorted(readers.group_ids)} if readers.group_ids else {})


def settle(sets: Iterable[AccessSet]) -> None:
    """Set the ids that each set's principals have here now, unsaved."""
    sets = list(sets)
    people, groups = _people(sets), _Groups()
    for row in sets:
        row.user_ids = sorted({people[email] for email in _words(row)["emails"] if email in people})
        named = {key for name in _words(row)["groups"] for key in groups.ids(name)}
        row.group_ids = sorted(named | groups.there(_words(row).get("group_ids", ())))


def unknown_principals(source: Source) -> list[str]:
    """The e-mails and groups that restrictions of the source's documents name and that are nobody's here, sorted."""
    sets = list(AccessSet.objects.filter(within=source.access_set_id, documents__isnull=False).distinct())
    people, groups = _people(sets), _Groups()
    emails = {email for row in sets for email in _words(row)["emails"] if email not in people}
    names = {name for row in sets for name in _words(row)["groups"] if not groups.ids(name)}
    return sorted(emails | names)


class _Groups:
    """Our groups by name: the very name, or else the only one that differs in case alone."""

    def __init__(self) -> None:
        self._exact: dict[str, int] = {}
        self._folded: dict[str, list[int]] = defaultdict(list)
        for key, name in Group.objects.values_list("pk", "name"):
            self._exact[name] = key
            self._folded[name.casefold()].append(key)

    def there(self, keys: Iterable[int]) -> set[int]:
        return set(keys) & set(self._exact.values())

    def ids(self, name: str) -> list[int]:
        if name in self._exact:
            return [self._exact[name]]
        alike = self._folded.get(name.casefold(), [])
        # Of two that fit equally, neither is taken: it might be the wrong one.
        return alike if len(alike) == 1 else []


def _people(sets: Iterable[AccessSet]) -> dict[str, int]:
    """Active users by their lower-case e-mail, of those that the sets name."""
    emails = sorted({email for row in sets for email in _words(row)["emails"]})
    active = User.objects.filter(is_active=True).annotate(lowered=Lower("email"))
    found: dict[str, int] = {}
    for begin in range(0, len(emails), BATCH):
        found |= dict(active.filter(lowered__in=emails[begin : begin + BATCH]).values_list("lowered", "pk"))
    return found


def _words(row: AccessSet) -> dict[str, Any]:
    return row.principals or {"emails": [], "groups": []}
