"""What somebody asked for and may not have, for the audit log: whoever tries number after number is seen there.

One entry a minute for each person, with the first thing that they asked for. A mistyped address leaves one too, as both
get the same answer; who has an old link is not worth more. What no page answers to at all is left out.
"""

from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone

from app.accounts.models import User
from app.audit.events import ACCESS_REFUSED, record_event
from app.audit.models import AuditEvent

GRAIN = timedelta(minutes=1)


def note_refusal(request: HttpRequest) -> None:
    user, match = request.user, request.resolver_match
    if not isinstance(user, User) or match is None:
        return
    lately = AuditEvent.objects.filter(action=ACCESS_REFUSED, at__gt=timezone.now() - GRAIN, actor=user)
    if lately.exists():
        return
    numbers = {name: value for name, value in match.kwargs.items() if isinstance(value, int)}
    record_event(user, ACCESS_REFUSED, f"page:{match.url_name}", result=AuditEvent.Result.REFUSED, asked_for=numbers)
