"""How many refusals of one address are written down. Anybody can be refused here, and the log is kept for ever."""

from allauth.core.internal import ratelimit
from django.http import HttpRequest

PACE = {"refused": "60/m/ip"}


def is_written_down(request: HttpRequest) -> bool:
    """False from the 61st refusal of an address within a minute on. What is refused is refused all the same."""
    return bool(ratelimit.consume(request, app="app.signon", action="refused", config=PACE, limit_get=True))
