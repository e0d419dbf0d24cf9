"""Fixtures of the pages' tests. Django is imported late: it is set up after this file is read."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from app.tests.world import World


@pytest.fixture
def world(db: None) -> "World":
    from app.tests.world import make_world

    return make_world()


class Visitors:
    """Browsers of the people of a world, each signed in."""

    def __init__(self, world: "World") -> None:
        self.world = world

    def __getattr__(self, name: str) -> "Client":
        from django.test import Client

        from app.tests.sessions import as_if_just_signed_in

        client = Client()
        if name != "anonymous":
            client.force_login(self.world.person(name))
            as_if_just_signed_in(client)
        return client


@pytest.fixture
def visitors(world: "World") -> Visitors:
    return Visitors(world)
