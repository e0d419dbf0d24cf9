"""What stands around every endpoint: the size of a body is limited, and every error is a problem detail."""

import functools
from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern

from app.api.failures import failed
from app.api.problems import problem

MAX_JSON_BYTES = 64 * 1024
# Boundaries and headers of the parts around an uploaded file.
MULTIPART_EXTRA_BYTES = 64 * 1024
View = Callable[..., Awaitable[HttpResponseBase]]


def guard(pattern: URLPattern) -> URLPattern:
    """The same address with its view guarded."""
    pattern.callback = guarded(pattern.callback)
    return pattern


def guarded(view: View) -> View:
    """`view` with limits before it and problem details instead of bare errors after it."""
    if not iscoroutinefunction(view):
        raise TypeError(f"{view} must be asynchronous: a blocking endpoint would stop all others.")

    async def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if size_of(request) > limit_for(request):
            return too_large(request)
        try:
            response = await view(request, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - `failed` logs what it does not know
            return failed(request, error)
        if response.status_code == 405:
            return problem(request, 405, headers={"Allow": response.headers.get("Allow", "")})
        for name, value in getattr(request, "limit_headers", {}).items():
            response.headers.setdefault(name, value)
        # What one caller may read is kept for no other.
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    answer.csrf_exempt = True  # type: ignore[attr-defined]  # no cookie signs in here
    return functools.wraps(view)(answer)


def size_of(request: HttpRequest) -> int:
    """The announced size of the body; one without a length is measured, as it lies in a file by now."""
    announced = request.headers.get("Content-Length", "")
    if announced.isascii() and announced.isdigit():
        return int(announced)
    stream = getattr(request, "_stream", None)
    if stream is None or not stream.seekable():
        return 0
    position, end = stream.tell(), stream.seek(0, 2)
    stream.seek(position)
    return int(end)


def limit_for(request: HttpRequest) -> int:
    if request.content_type == "multipart/form-data":
        return settings.ATTEST_MAX_FILE_MB * 1024 * 1024 + MULTIPART_EXTRA_BYTES
    return MAX_JSON_BYTES


def too_large(request: HttpRequest) -> HttpResponseBase:
    if request.content_type == "multipart/form-data":
        return problem(request, 413, f"A file may have {settings.ATTEST_MAX_FILE_MB} MB.")
    return problem(request, 413, f"A body may have {MAX_JSON_BYTES // 1024} KB.")
