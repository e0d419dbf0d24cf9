"""Addresses of the API, each behind `guarded`; whatever is not one of them is a 404 as a problem detail."""

import functools

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, re_path

from app.api.api import api
from app.api.edge import guard
from app.api.openapi import description_of
from app.api.problems import ProblemError, problem

app_name = "api"


@functools.cache
def description() -> dict[str, object]:
    return description_of(api)


async def openapi(request: HttpRequest) -> HttpResponseBase:
    """The description is public: it says what can be asked, and nothing of what is there."""
    if request.method not in ("GET", "HEAD"):
        return problem(request, 405, headers={"Allow": "GET, HEAD"})
    return JsonResponse(description())


async def nothing(request: HttpRequest) -> HttpResponseBase:
    raise ProblemError(404, "The API has no such address; /api/v1/openapi.json lists them.")


def endpoints() -> list[URLPattern]:
    """Ninja's own addresses, without the one of its documentation page."""
    return [each for each in api.urls[0] if isinstance(each, URLPattern) and each.name != "api-root"]


urlpatterns = [
    guard(pattern)
    for pattern in [
        path("openapi.json", openapi, name="openapi"),
        *endpoints(),
        re_path(r"^[\s\S]*$", nothing, name="nothing"),  # a line break in an address is no way out
    ]
]
