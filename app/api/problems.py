"""Every error of the API is a problem detail (RFC 9457): one shape, whatever went wrong and wherever."""

import json
from typing import Any, NamedTuple

import structlog
from django.http import HttpRequest, HttpResponse
from ninja import Field, Schema

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:attest:problem:"


class Kind(NamedTuple):
    """`name` is for programs and never changes; `usual` is said when nothing is more precise."""

    name: str
    title: str
    usual: str


KINDS: dict[int, Kind] = {
    400: Kind("unreadable", "Unreadable request", "The request could not be read."),
    401: Kind("no-key", "No valid API key", "Send an API key of yours as `Authorization: Bearer <key>`."),
    403: Kind("not-allowed", "Not allowed", "Your account may not do this."),
    404: Kind("not-found", "Not found", "There is nothing here, or nothing that you may see."),
    405: Kind("wrong-method", "Wrong method", "This address does not know that method."),
    409: Kind("conflict", "Conflict", "The request does not fit the present state."),
    413: Kind("too-large", "Too large", "The request is too large."),
    415: Kind("wrong-media-type", "Wrong media type", "Send this request as `multipart/form-data`."),
    422: Kind("invalid", "Invalid field", "The request has a field that is not as it must be."),
    429: Kind("too-many", "Too many requests", "Wait a moment and try again."),
    500: Kind("failed", "Failed", "Something went wrong on our side. Quote the request id when you report it."),
    503: Kind("unavailable", "Unavailable", "A part that this request needs is not available. Try again soon."),
    504: Kind("too-slow", "Too slow", "This took too long."),
}
"""The statuses that the API answers an error with."""


class InvalidField(Schema):
    """One field that was refused. `location` is body, query or path."""

    location: str
    field: str
    code: str
    message: str


class Problem(Schema):
    type: str = Field(description="A stable name of the kind of problem, for programs.")
    title: str = Field(description="The kind of problem, for people.")
    status: int
    detail: str = Field(description="What is wrong this time and what to do.")
    instance: str = Field(description="The address that was asked.")
    request_id: str = Field(description="Finds this request in the logs.")
    errors: list[InvalidField] | None = Field(None, description="The refused fields, with status 422 only.")


class ProblemError(Exception):
    """Raised by an endpoint that cannot do what was asked; the caller receives it as a problem detail."""

    def __init__(self, status: int, detail: str = "", *, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}


def problem(
    request: HttpRequest,
    status: int,
    detail: str = "",
    *,
    errors: list[dict[str, Any]] | None = None,
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    """The response that tells of a problem."""
    body = problem_body(request, status, detail) | ({"errors": errors} if errors else {})
    return HttpResponse(json.dumps(body), status=status, content_type=MEDIA_TYPE, headers=headers)


def problem_body(request: HttpRequest, status: int, detail: str = "") -> dict[str, Any]:
    kind = KINDS[status]
    return {
        "type": TYPE_PREFIX + kind.name,
        "title": kind.title,
        "status": status,
        "detail": detail or kind.usual,
        "instance": request.path,
        "request_id": str(structlog.contextvars.get_contextvars().get("request_id", "")),
    }
