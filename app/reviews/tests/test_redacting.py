"""What reviewers wrote is redacted when stored questions and answers are."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from app.reviews.models import SetAside, Verdict
from app.reviews.queue import set_aside
from app.reviews.redacting import redact_old_reviews
from app.reviews.tasks import redact_reviews
from app.reviews.tests.grading import GOOD, asked_and_queued, grade
from app.safety import configured
from app.safety.models import PersonalDataPolicy
from app.tests.world import World

MARK = "zofia.wojcik@home.example"


@pytest.fixture
def policy(world: World) -> Iterator[PersonalDataPolicy]:
    row, _ = PersonalDataPolicy.objects.update_or_create(
        defaults={"chosen": {"stored_answer": {"email": "redact"}}, "redact_after_days": 30}
    )
    configured.forget()
    yield row
    row.delete()
    configured.forget()


def written(world: World, days_ago: int) -> Verdict:
    item = asked_and_queued(world.alice, f"Leave, {days_ago}?", world.handbook)
    set_aside(item.pk, world.charlie, kind="skip", why="other", note=f"Ask {MARK}.")
    verdict = grade(item, world.bob, comment=f"Ask {MARK}.", corrected=f"{MARK} knows.")
    at = timezone.now() - timedelta(days=days_ago)
    Verdict.objects.filter(pk=verdict.pk).update(created_at=at)
    SetAside.objects.filter(item=item).update(created_at=at)
    return verdict


def test_old_ones_are_redacted_and_younger_ones_are_not_yet(world: World, policy: PersonalDataPolicy) -> None:
    old, young = written(world, 40), written(world, 3)
    redact_reviews()
    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.comment, old.corrected, old.levels) == ("Ask [email].", "[email] knows.", GOOD)
    assert MARK in young.comment
    assert [MARK in each.note for each in SetAside.objects.order_by("created_at")] == [False, True]


def test_each_is_looked_through_once_and_again_under_another_policy(world: World, policy: PersonalDataPolicy) -> None:
    written(world, 40)
    written(world, 50)
    assert [redact_old_reviews(most=1), redact_old_reviews(most=1), redact_old_reviews()] == [2, 2, 0]
    PersonalDataPolicy.objects.update(chosen={"stored_question": {"email": "redact", "phone": "redact"}})
    configured.forget()
    assert redact_old_reviews() == 4


def test_nothing_is_touched_where_the_policy_keeps_it(world: World) -> None:
    verdict = written(world, 4000)
    assert redact_old_reviews() == 0
    verdict.refresh_from_db()
    assert MARK in verdict.comment
