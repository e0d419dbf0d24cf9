"""Two at the same moment: one reviewer gets the answer, and an answer is drawn once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import pytest
from django.db import connections

from app.accounts.models import User
from app.reviews.models import ReviewItem, Verdict
from app.reviews.queue import Given, NotYoursError, open_item, save_verdict
from app.reviews.sampling import sample
from app.reviews.tests.grading import GOOD
from app.tests.world import World, answered_question, make_world

pytestmark = pytest.mark.django_db(transaction=True)
T = TypeVar("T")
MANY = 6


@pytest.fixture
def world(transactional_db: None, settings) -> World:
    settings.ATTEST_REVIEW_SHARE = 100
    return make_world()


def together(act: Callable[[int], T], count: int = MANY) -> list[T | Exception]:
    """What each of several threads got, all begun at once."""
    begin = Barrier(count)

    def one(at: int) -> T | Exception:
        begin.wait()
        try:
            return act(at)
        except Exception as error:  # noqa: BLE001 - the caller looks at it
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(one, range(count)))


def test_one_of_many_who_open_an_answer_gets_it(world: World) -> None:
    people = [User.objects.create_user(f"r{at}@example.com") for at in range(MANY)]
    sample()
    item = ReviewItem.objects.get()
    found = together(lambda at: open_item(item.pk, people[at]))
    assert sum(isinstance(each, NotYoursError) for each in found) == MANY - 1
    item.refresh_from_db()
    assert [at for at, each in enumerate(found) if not isinstance(each, Exception)] == [
        at for at, person in enumerate(people) if person.pk == item.held_by_id
    ]


def test_a_verdict_that_is_sent_twice_counts_once(world: World) -> None:
    sample()
    item = ReviewItem.objects.get()
    open_item(item.pk, world.bob)
    found = together(lambda at: save_verdict(item.pk, world.bob, Given(GOOD), 1))
    assert sum(isinstance(each, Verdict) for each in found) == 1
    assert all(isinstance(each, Verdict | NotYoursError) for each in found)


def test_an_answer_is_drawn_once(world: World) -> None:
    for at in range(20):
        answered_question(world.alice, f"Question {at}?", world.document)
    found = together(lambda at: sample())
    assert sorted(found, key=str) == sorted([0] * (MANY - 1) + [21], key=str)
    assert ReviewItem.objects.count() == 21
