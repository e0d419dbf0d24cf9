"""What a legal hold keeps from being erased or from running out: a hold on the audit log is one on what it tells of."""

from django.db.models import Q

from app.accounts.models import User
from app.audit.models import LegalHold
from app.audit.retention import standing_holds


def holds_on(user: User) -> list[LegalHold]:
    about_them = Q(scope=LegalHold.Scope.PERSON) & (Q(person_id=user.pk) | Q(subject__iexact=user.email))
    return list(standing_holds().filter(about_them | Q(scope=LegalHold.Scope.ALL)))


def everything_is_held() -> bool:
    return standing_holds().filter(scope=LegalHold.Scope.ALL).exists()


def held_people() -> set[int]:
    """The numbers of those whose data a standing hold keeps."""
    holds = standing_holds().filter(scope=LegalHold.Scope.PERSON)
    by_number = {each.person_id for each in holds if each.person_id is not None}
    addresses = [each.subject.lower() for each in holds]
    return by_number | set(User.objects.filter(email__in=addresses).values_list("pk", flat=True))
