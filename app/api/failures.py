"""Which problem each exception becomes. What is not listed here is our fault: logged, and a plain 500."""

import math
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from app.api.problems import KINDS, ProblemError, problem
from app.providers.errors import ProviderError

log = structlog.get_logger(__name__)
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="attest"'}
WRONG_KEY = {"WWW-Authenticate": 'Bearer realm="attest", error="invalid_token"'}


def failed(request: HttpRequest, error: Any) -> HttpResponse:
    """The problem detail for any exception. Never raises."""
    for kind, answer in ANSWERS.items():
        if isinstance(error, kind):
            return answer(request, error)
    log.error("api_request_failed", exc_info=error)
    return problem(request, 500)


def register(api: NinjaAPI) -> None:
    """Let `api` answer every exception with `failed`."""
    for kind in (Exception, Http404, HttpError, ValidationError):
        api.add_exception_handler(kind, failed)


def _stated(request: HttpRequest, error: ProblemError) -> HttpResponse:
    return problem(request, error.status, error.detail, headers=error.headers)


def _unauthenticated(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    if "Authorization" not in request.headers:
        return problem(request, 401, headers=CHALLENGE)
    return problem(request, 401, "That API key is not valid.", headers=WRONG_KEY)


def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problem(request, 422, errors=[refused_field(each) for each in error.errors])


def refused_field(found: dict[str, Any]) -> dict[str, str]:
    """Pydantic's finding in the API's words, without the name of our function's parameter."""
    location, *path = found["loc"]
    names = [str(part) for part in (path[1:] if location == "body" else path)]
    message = str(found["msg"]).removeprefix("Value error, ")
    return {"location": location, "field": ".".join(names), "code": found["type"], "message": message}


def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    status = error.status_code if error.status_code in KINDS else 500
    return problem(request, status, "The body is not valid JSON." if status == 400 else "")


def _model_down(request: HttpRequest, error: ProviderError) -> HttpResponse:
    log.warning("api_model_unavailable", error=type(error).__name__)
    headers = {"Retry-After": str(math.ceil(error.retry_after))} if error.retry_after else {}
    return problem(request, 503, "The model that this request needs is not available.", headers=headers)


def _database_down(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("api_database_unavailable", exc_info=error)
    detail = "The database cannot be reached at the moment. Try again in a few seconds."
    return problem(request, 503, detail, headers={"Retry-After": "5"})


# In this order: the first that fits answers.
ANSWERS: dict[type[Exception], Any] = {
    ProblemError: _stated,
    AuthenticationError: _unauthenticated,
    ValidationError: _invalid,
    HttpError: _http,
    Http404: lambda request, error: problem(request, 404),
    PermissionDenied: lambda request, error: problem(request, 403),
    MultiPartParserError: lambda request, error: problem(request, 400, "The body is not valid multipart."),
    RequestDataTooBig: lambda request, error: problem(request, 413),
    SuspiciousOperation: lambda request, error: problem(request, 400),
    ProviderError: _model_down,
    OperationalError: _database_down,
    InterfaceError: _database_down,
}
