"""Writers and the process that chains are killed at random: nothing is lost, nothing is doubled, nothing is revived.

The long run is `python -m app.audit.drill`; this is the same with fewer entries.
"""

import pytest

from app.audit.drill import Outcome, drill
from app.audit.models import AuditEvent
from app.tests.live import database_url


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_nothing_is_lost_doubled_or_revived_by_kills():
    outcome = drill(600, 2, kills=5, seed=3, environment={"DATABASE_URL": database_url()})
    assert outcome.is_good, str(outcome)
    # At the end all three that run are killed as well.
    assert outcome.kills == 5 + 3
    assert outcome.entries >= 600
    # The byte that was changed to be found was put back.
    assert AuditEvent.objects.filter(target__endswith="00", action="drill").count() < outcome.entries


def test_each_kind_of_harm_makes_the_drill_fail():
    good = Outcome(10, 1.0, 3, 0, 0, 0, 0, "", 0.1, 5, "Entry 5 (row 5): its hash is not that of its content")
    assert good.is_good
    from dataclasses import replace

    for harm in ({"lost": 1}, {"doubled": 1}, {"revived": 1}, {"waiting": 1}, {"broken": "x"}, {"found": "nothing"}):
        assert not replace(good, **harm).is_good
