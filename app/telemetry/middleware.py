"""Gives every request an id, says in one log line how it ended, and counts it."""

import re
import time
import uuid
from collections.abc import Awaitable, Callable

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponseBase

from app.telemetry.metrics import REQUEST_SECONDS
from app.telemetry.origin import bind_origin

log = structlog.get_logger(__name__)
ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
UNLOGGED_PATHS = ("/static/", "/healthz", "/metrics")
Handler = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


class RequestContextMiddleware:
    """Asynchronous only: it runs before the first synchronous middleware and binds the context for all."""

    async_capable = True
    sync_capable = False

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = request_id_of(request)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        bind_origin(request)
        started = time.perf_counter()
        response = await self.get_response(request)
        took = time.perf_counter() - started
        response.headers["X-Request-ID"] = request_id
        route = request.resolver_match.route if request.resolver_match else "unmatched"
        REQUEST_SECONDS.labels(request.method or "", route, str(response.status_code)).observe(took)
        if not request.path.startswith(UNLOGGED_PATHS):
            log.info(
                "request_finished", method=request.method, route=route,
                status=response.status_code, took_ms=round(took * 1000, 1),
            )  # fmt: skip
        return response


def request_id_of(request: HttpRequest) -> str:
    """The caller's own id where it is a harmless one, else a new one."""
    offered = request.headers.get("X-Request-ID", "")
    return offered if ACCEPTABLE_ID.fullmatch(offered) else uuid.uuid4().hex
