"""Fixtures of the tests of people's data. Django is imported late: it is set up after this file is read."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from app.privacy.tests.person_of_marks import Traces
    from app.tests.world import World


@pytest.fixture
def world(db: None) -> "World":
    from app.tests.world import make_world

    return make_world()


@pytest.fixture
def traces(world: "World") -> "Traces":
    from app.privacy.tests.person_of_marks import leave_traces

    return leave_traces(world)
