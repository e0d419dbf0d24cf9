"""Two reviewers in the team's group, a third in none, and answers to grade. Django is imported late."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from app.tests.world import World


@pytest.fixture
def world(db: None, settings) -> "World":
    """Everything is drawn unless a test says otherwise."""
    from app.accounts.models import Role, User
    from app.tests.world import make_world

    settings.ATTEST_REVIEW_SHARE = 100
    settings.ATTEST_REVIEW_SECOND_PERCENT = 0
    made = make_world()
    User.objects.filter(pk__in=[made.bob.pk, made.charlie.pk]).update(roles=[Role.REVIEWER])
    made.bob.refresh_from_db()
    made.charlie.refresh_from_db()
    return made
