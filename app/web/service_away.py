"""A sentence in place of an error page for the moments in which PostgreSQL or Valkey cannot be reached."""

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.deprecation import MiddlewareMixin
from redis import RedisError

log = structlog.get_logger(__name__)
PROGRAMS = "/api/"
RETRY_AFTER_S = 5
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
        if isinstance(exception, OperationalError | InterfaceError):
            return _told(DATABASE, exception)
        return _told(VALKEY, exception) if isinstance(exception, RedisError) else None


def _told(words: dict[str, str], exception: Exception) -> HttpResponse:
    log.error("page_without_service", exc_info=exception)
    # Rendered without the request: who is signed in stands in the database.
    headers = {"Retry-After": str(RETRY_AFTER_S), "Cache-Control": "no-store"}
    return HttpResponse(render_to_string("503.html", words), status=503, headers=headers)
