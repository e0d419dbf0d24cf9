"""Reads `matrix.md`, the table of who gets what at which address."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.urls import URLPattern, URLResolver, get_resolver, resolve

TABLE = Path(__file__).with_name("matrix.md")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
NOT_TRIED = "–"
MISSING = "missing"
# Things that are known by a name; all others are numbers.
NAMED = {"prompt": "0123abcd", "scim_user": "user-1", "scim_group": "group-1", "local_group": "group-1"}


@dataclass(frozen=True)
class Row:
    """One line: a request, what each visitor gets, and what they get where the thing asked for does not exist.

    A name in braces in the address, or in what is sent, stands for a thing of the test's world.
    """

    part: str
    group: str
    method: str
    address: str
    sends: str
    expected: dict[str, str]

    def __str__(self) -> str:
        return f"{self.method} {self.address} {self.sends}".strip()

    @property
    def about(self) -> list[str]:
        """The things in the address and in what is sent."""
        return re.findall(r"{(\w+)}", self.address + self.sends)

    def line(self, found: dict[str, str]) -> str:
        """The line of the table that would say what was found."""
        cells = [f"{self.method} {self.address}", self.sends, *found.values()]
        return f"| {' | '.join(cells)} |"


def rows(part: str = "", group: str = "") -> list[Row]:
    """All rows, or those below the heading `## part`, or below that those of `### group`."""
    return [row for row in _rows() if part in ("", row.part) and group in ("", row.group)]


def groups(part: str) -> list[str]:
    return list(dict.fromkeys(row.group for row in rows(part)))


def _rows() -> Iterator[Row]:
    part, group, columns = "", "", list[str]()
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            part, group = line[3:], ""
        elif line.startswith("### "):
            group = line[4:]
        elif line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if cells[0] == "request":
                columns = cells[2:]
            elif not cells[0].startswith("--"):
                method, _, address = cells[0].partition(" ")
                yield Row(part, group, method, address, cells[1], dict(zip(columns, cells[2:], strict=True)))


def route_of(row: Row) -> str:
    """The route that takes the row's address."""
    return "/" + resolve(sample_of(row)).route


def sample_of(row: Row) -> str:
    """The row's address with made-up numbers, for those who only want to knock at it."""
    return re.sub(r"{(\w+)}", lambda thing: NAMED.get(thing[1], "1"), row.address)


def every_route() -> set[str]:
    return {"/" + route for route in _routes(get_resolver(), "")}


def _routes(resolver: URLResolver, before: str) -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _routes(entry, before + str(entry.pattern))
        elif isinstance(entry, URLPattern):
            yield before + str(entry.pattern).removeprefix("^")
