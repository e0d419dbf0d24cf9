"""Takes a person out of what was used: the sums stay, and nobody is named in them any more."""

from django.db import connection, transaction

from app.usage.days import LOCK, OF_RECORDS
from app.usage.models import Budget, Scope, Tally, UsageDay, UsageRecord
from app.usage.spender import user_subject


@transaction.atomic
def forget_person(user_id: int) -> None:
    """Records and days of the person become nobody's; budgets and tallies that are only about them go."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    UsageRecord.objects.filter(user_id=user_id).update(user_id=None)
    for row in UsageDay.objects.filter(kind=UsageDay.Kind.PERSON, key=str(user_id)):
        _give_to_nobody(row)
    Budget.objects.filter(scope=Scope.USER, user_id=user_id).delete()
    Tally.objects.filter(subject=user_subject(user_id)).delete()


def _give_to_nobody(row: UsageDay) -> None:
    nobody = UsageDay.objects.filter(kind=row.kind, day=row.day, key="").first()
    if nobody is None:
        UsageDay.objects.filter(pk=row.pk).update(key="")
        return
    for name in OF_RECORDS:
        setattr(nobody, name, getattr(nobody, name) + getattr(row, name))
    nobody.save()
    row.delete()
