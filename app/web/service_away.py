"""A sentence in place of an error page for the moments in which PostgreSQL or Valkey cannot be reached."""

from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.deprecation import MiddlewareMixin
from redis import RedisError

from app.accounts.second_factor_door import SecondFactorMiddleware
from app.accounts.session_limits import SessionLimitsMiddleware

log = structlog.get_logger(__name__)
PROGRAMS = "/api/"
RETRY_AFTER_S = 5
AWAY = (OperationalError, InterfaceError)
DATABASE = {
    "heading": "The database cannot be reached at the moment",
    "text": "Nothing is lost: answers that are being made wait for it.",
}
VALKEY = {
    "heading": "This cannot be done at the moment",
    "text": "Valkey, which guards sign-ins, cannot be reached. Whoever is signed in can go on asking.",
}


class ServiceAwayMiddleware(MiddlewareMixin):
    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if request.path.startswith(PROGRAMS):
            return None
        if isinstance(exception, AWAY):
            return _told(DATABASE, exception)
        return _told(VALKEY, exception) if isinstance(exception, RedisError) else None


class SessionLimits(SessionLimitsMiddleware):
    """Django makes an error page of what goes wrong in a middleware, before anything else is asked."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        try:
            return super().process_request(request)
        except AWAY as error:
            return _told_at_the_door(request, error)


class SecondFactor(SecondFactorMiddleware):
    """The same for whether a person must set up a second factor."""

    def process_view(self, request: HttpRequest, *about: Any) -> HttpResponse | None:
        try:
            return super().process_view(request, *about)
        except AWAY as error:
            return _told_at_the_door(request, error)


def _told_at_the_door(request: HttpRequest, error: Exception) -> HttpResponse:
    page = _told(DATABASE, error)
    if not request.path.startswith(PROGRAMS):
        return page
    problem = {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": DATABASE["heading"] + ".",
    }
    headers = {name: page[name] for name in ("Retry-After", "Cache-Control")}
    return JsonResponse(problem, status=503, headers=headers, content_type="application/problem+json")


def _told(words: dict[str, str], exception: Exception) -> HttpResponse:
    log.error("page_without_service", exc_info=exception)
    # Rendered without the request: who is signed in stands in the database.
    headers = {"Retry-After": str(RETRY_AFTER_S), "Cache-Control": "no-store"}
    return HttpResponse(render_to_string("503.html", words), status=503, headers=headers)
