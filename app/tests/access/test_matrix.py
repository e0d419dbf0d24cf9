"""Everybody at every address by every method gets what `matrix.md` says, and an address without a line fails here.

Each visit to a page is undone, so that all of a group begin with the same world. The API works in threads of its own,
which see only what is committed: there the world is made anew after a call that changed it.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, cast

import pytest
from django.core.management import call_command
from django.db import transaction

from app.accounts.scopes import Scope
from app.api.api import api
from app.api.openapi import scopes_of
from app.api.urls import description
from app.tests.access.matrix import METHODS, MISSING, NOT_TRIED, Row, every_route, groups, route_of, rows
from app.tests.access.visiting import SIGN_IN, code_of, text_of, visit
from app.tests.access.visitors import Crowd, Things, Visitor

# Those who try what is not there, and by methods that are not offered: who owns things, who runs them, and a program.
FEW = ("outsider", "owner", "source admin", "admin", "token")
MIGHTY = ("owner", "admin", "token")
REFUSED = {SIGN_IN, "401", "404", "405"}
# Words of the team's document, and of Alice's question: who may not read the one and did not ask the other sees none.
# Names of documents and sources are for their readers, for those who run them, and sources' for who sees rights.
READERS = {"owner", "colleague", "service"}
RUNNERS = {"source admin", "admin", "stale admin"}
SECRETS = {
    "480,000 euros": READERS,
    "How much may the team spend": {"owner"},
    "budget.md": READERS | RUNNERS,
    "Team budget": READERS | RUNNERS,
    "Team files": READERS | RUNNERS | {"auditor"},
}


def test_every_address_has_a_line() -> None:
    missing = sorted(every_route() - {route_of(row) for row in rows()})
    assert not missing, (
        f"No line of app/tests/access/matrix.md is about {', '.join(missing)}. Add a line for each of its methods that "
        "says who gets what, with ? where you do not know: the test below then prints the line that it finds."
    )


def test_every_operation_of_the_api_has_a_line() -> None:
    assert {operation_of(row) for row in rows("API")} - {None} == set(scopes_of(api))


@pytest.mark.parametrize("group", groups("Pages"))
def test_everybody_gets_at_pages_what_the_table_says(group: str, db: None) -> None:
    scene = Scene.of_pages()
    agree(rows("Pages", group), [scene.found_at(row) for row in rows("Pages", group)])


@pytest.mark.parametrize("part", ["Pages", "Provisioning", "API"])
def test_what_is_not_offered_is_refused(part: str, transactional_db: None) -> None:
    scene = {"Pages": Scene.of_pages, "Provisioning": Scene.of_providers, "API": Scene.of_programs}[part]()
    taken = [each for row in one_for_each_route(part) for each in scene.takes_besides(row, offered_at(route_of(row)))]
    assert not taken, "Nothing is told of these; refuse them, or add lines:\n" + "\n".join(taken)


def test_identity_providers_get_what_the_table_says(db: None) -> None:
    scene = Scene.of_providers()
    agree(rows("Provisioning"), [scene.found_at(row) for row in rows("Provisioning")])


def test_programs_get_what_the_table_says(transactional_db: None) -> None:
    scene = Scene.of_programs()
    agree(rows("API"), [scene.found_at(row) for row in rows("API")])


def agree(told: list[Row], found: list[dict[str, str]]) -> None:
    """Fails with the lines that the table would need. Judge each before you paste it."""
    lines = [row.line(codes) for row, codes in zip(told, found, strict=True) if codes != row.expected]
    assert not lines, "The product says otherwise:\n" + "\n".join(lines)


@dataclass
class Scene:
    """A world, who visits it, and how a visit is undone."""

    things: Things
    visitors: dict[str, Visitor]
    is_committed: bool = False

    @classmethod
    def of_pages(cls) -> "Scene":
        crowd = Crowd.gather()
        return cls(crowd.things(), crowd.browsers())

    @classmethod
    def of_providers(cls) -> "Scene":
        crowd = Crowd.gather()
        return cls(crowd.things(), crowd.providers())

    @classmethod
    def of_programs(cls) -> "Scene":
        crowd = Crowd.gather()
        return cls(crowd.things(), crowd.programs(), is_committed=True)

    def found_at(self, row: Row) -> dict[str, str]:
        return {name: self.code(row, name) if told != NOT_TRIED else told for name, told in row.expected.items()}

    def code(self, row: Row, name: str) -> str:
        if name == MISSING:
            return self.code_of_missing(row)
        visitor = self.visitors[f"no {scope_of(row)} scope" if name == "no scope" else name]
        with self.undone():
            response = visit(visitor, row, self.things)
            text = text_of(response)
        for secret, may_see in SECRETS.items():
            assert name in may_see or secret not in text, f"{name} sees “{secret}” at {row}"
        if name == "outsider" and response.status_code == 404 and row.about:
            self.looks_like_nothing(row, text)
        if self.is_committed and row.method != "GET" and response.status_code < 300:
            self.begin_again()
        return code_of(response)

    def code_of_missing(self, row: Row) -> str:
        """What those who have come in get for each thing of the address that is exchanged for one that is not there."""
        codes = set()
        for name in set(FEW) & set(self.visitors):
            if row.expected[name] in REFUSED and name != "outsider":
                continue  # `looks_like_nothing` is how it is for those who are refused
            for thing in row.about:
                with self.undone():
                    codes.add(code_of(visit(self.visitors[name], row, self.things, without=thing)))
        return "/".join(sorted(codes))

    def looks_like_nothing(self, row: Row, text: str) -> None:
        """Nobody learns from an answer whether what they may not see is there."""
        for thing in row.about:
            with self.undone():
                other = text_of(visit(self.visitors["outsider"], row, self.things, without=thing))
            assert plain(other) == plain(text), f"{row} tells who may not see it that {thing} is there"

    def takes_besides(self, row: Row, offered: set[str]) -> Iterator[str]:
        """Methods that no line is about and that are not refused all the same. HEAD comes with GET."""
        for method in set(METHODS) - offered - {"HEAD" if "GET" in offered else ""}:
            for name in set(MIGHTY) & set(self.visitors):
                with self.undone():
                    response = visit(self.visitors[name], row, self.things, method=method)
                if code_of(response) not in REFUSED and not (method == "OPTIONS" and not text_of(response)):
                    yield f"{method} {row.address}: {name} gets {code_of(response)}"

    def undone(self) -> AbstractContextManager[None]:
        return nullcontext() if self.is_committed else undone()

    def begin_again(self) -> None:
        call_command("flush", verbosity=0, interactive=False)
        new = Scene.of_programs()
        self.things, self.visitors = new.things, new.visitors


@contextmanager
def undone() -> Iterator[None]:
    """A savepoint that is always rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def plain(text: str) -> str:
    """Without what differs each time: numbers, nonces and tokens."""
    return re.sub(r'nonce="[^"]*"|value="\w{64}"|[0-9a-f]{32}|\d+|"[\w+/=-]{64,}"', "", text)


def one_for_each_route(part: str) -> Iterable[Row]:
    return {route_of(row): row for row in rows(part)}.values()


def offered_at(route: str) -> set[str]:
    return {row.method for row in rows() if route_of(row) == route}


def operation_of(row: Row) -> str | None:
    """What the API's description calls it."""
    path = re.sub(r"<int:(\w+)>", r"{\1}", route_of(row))
    paths: Any = description()["paths"]
    return cast("str | None", paths.get(path, {}).get(row.method.lower(), {}).get("operationId"))


def scope_of(row: Row) -> Scope:
    """The scope that the row's operation needs; what is no operation needs none, so any will do."""
    return scopes_of(api).get(operation_of(row) or "", Scope.SEARCH)
