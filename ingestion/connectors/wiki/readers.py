"""Who may read a Confluence page: its own restriction and those of everything it lies below, all at once.

What cannot be found out closes: a page below something that this account cannot read is open to nobody.
"""

from collections.abc import Callable, Mapping
from hashlib import blake2b

from ingestion.connectors.base import Readers
from ingestion.connectors.wiki.api import ConfluenceApi, NotAllowed, NotThere, Row, understood
from ingestion.connectors.wiki.content import Edition, Page

NOBODY = Readers()
NAMES_PART = 200
Node = tuple[str, str]


def own_restriction(read: Row, name_of: Callable[[Row], str]) -> Readers | None:
    """The restriction in an operation's JSON: `{"restrictions": {"user": {"results": …}, "group": …}}`."""
    users, groups = read["restrictions"]["user"]["results"], read["restrictions"]["group"]["results"]
    if not users and not groups:
        return None
    return Readers(frozenset(name_of(user) for user in users), frozenset(group["name"] for group in groups))


def named_in_full(api: ConfluenceApi, content_id: str) -> Row:
    """The read operation's JSON with everybody it names, asked for in parts."""
    path = f"/rest/api/content/{content_id}/restriction/byOperation/read"
    users: list[Row] = []
    groups: list[Row] = []
    while True:
        start = max(len(users), len(groups))
        read = api.get(path, expand="restrictions.user,restrictions.group", start=start, limit=NAMES_PART)
        with understood("a restriction"):
            more = (read["restrictions"]["user"]["results"], read["restrictions"]["group"]["results"])
            users, groups = users + more[0], groups + more[1]
            if max(map(len, more)) < NAMES_PART:
                return {"restrictions": {"user": {"results": users}, "group": {"results": groups}}}


def is_whole(read: Row) -> bool:
    """Whether the answer holds all users and groups, not only the first ones."""
    lists = (read["restrictions"]["user"], read["restrictions"]["group"])
    return all(each.get("size", len(each["results"])) < each.get("limit", 1_000_000) for each in lists)


class Inheritance:
    """Works out who may read each of `pages`. Answers are kept, so ask one object during one look only.

    `viewers`: who may view a space at all, by its key, where that counts too.
    """

    def __init__(
        self,
        edition: Edition,
        pages: Mapping[str, tuple[Page, Readers | None]],
        viewers: Mapping[str, Readers | None],
    ) -> None:
        self._edition = edition
        self._pages = pages
        self._viewers = viewers
        self._known: dict[str, Readers | None] = {}
        self._members: dict[str, frozenset[str]] = {}

    def readers(self, page_id: str) -> Readers | None:
        chain: list[tuple[str, Readers | None]] = []
        node: Node = ("page", page_id)
        above = self._viewers.get(self._pages[page_id][0].space)
        while node[1]:
            if node[1] in self._known:
                above = self._known[node[1]]
                break
            # What lies below itself has no top, so nothing says who may read it.
            own, parent = (NOBODY, ("", "")) if node[1] in dict(chain) else self._look_at(node)
            chain.append((node[1], own))
            node = parent
        for content_id, own in reversed(chain):
            above = self._known[content_id] = self._both(above, own)
        return above

    def _look_at(self, node: Node) -> tuple[Readers | None, Node]:
        kind, content_id = node
        if content_id in self._pages:
            page, own = self._pages[content_id]
            return own, (page.parent_kind, page.parent)
        try:
            return self._edition.restriction(content_id), self._edition.parent(kind, content_id)
        except (NotThere, NotAllowed):
            return NOBODY, ("", "")

    def _both(self, first: Readers | None, second: Readers | None) -> Readers | None:
        """Who is named by both, directly or through a group."""
        if first is None or second is None or first == second:
            return second if first is None else first
        if NOBODY in (first, second):
            return NOBODY
        emails = self._people(first) & self._people(second)
        return Readers(emails, first.groups & second.groups)

    def _people(self, readers: Readers) -> frozenset[str]:
        return readers.emails.union(*(self._members_of(group) for group in readers.groups))

    def _members_of(self, group: str) -> frozenset[str]:
        if group not in self._members:
            try:
                self._members[group] = self._edition.members(group)
            except (NotThere, NotAllowed):
                self._members[group] = frozenset()
        return self._members[group]


def hidden(readers: Readers) -> frozenset[str]:
    """Readers whose e-mail Confluence does not show; they open nothing here."""
    return frozenset(email for email in readers.emails if "@" not in email)


def digest(readers: Readers | None) -> str:
    """A short text that differs where the readers differ."""
    if readers is None:
        return ""
    words = [*sorted(readers.emails), "\x00", *sorted(readers.groups)]
    return blake2b("\x1f".join(words).encode(), digest_size=6).hexdigest()
