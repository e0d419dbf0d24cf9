"""Every error of the API is a problem detail (RFC 9457): one shape, whatever went wrong and wherever."""

import json
from http import HTTPStatus
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from ninja import Field, Schema

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:attest:problem:"

# What a caller reads when nothing more precise can be said. The keys are all the API's error statuses.
USUAL_DETAIL: dict[int, str] = {
    400: "The request could not be read.",
    401: "Send an API key of yours as `Authorization: Bearer <key>`.",
    403: "Your account may not do this.",
    404: "There is nothing here, or nothing that you may see.",
    405: "This address does not know that method.",
    409: "The request does not fit the present state.",
    413: "The request is too large.",
    415: "Send this request as `multipart/form-data`.",
    422: "The request has a field that is not as it must be.",
    429: "Too many requests. Wait a moment and try again.",
    500: "Something went wrong on our side. Quote the request id when you report it.",
    503: "A part that this request needs is not available. Try again soon.",
    504: "This took too long.",
}


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
    phrase = HTTPStatus(status).phrase
    return {
        "type": TYPE_PREFIX + phrase.lower().replace(" ", "-"),
        "title": phrase,
        "status": status,
        "detail": detail or USUAL_DETAIL.get(status, phrase),
        "instance": request.path,
        "request_id": str(structlog.contextvars.get_contextvars().get("request_id", "")),
    }
