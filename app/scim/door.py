"""The one way in for identity providers: a bearer token, a pace, and errors in SCIM's own form (RFC 7644, 3.12)."""

import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from limits import RateLimitItemPerMinute
from limits.strategies import MovingWindowRateLimiter
from pydantic import ValidationError
from scim2_models import (
    Error,
    InvalidSyntaxException,
    InvalidValueException,
    NotFoundException,
    SCIMException,
    UniquenessException,
)

from app.audit.events import SCIM_REFUSED, record_event
from app.scim.models import ScimToken
from app.scim.resources import POLICY
from app.scim.tokens import live_token
from app.usage.valkey import storage, unless_down

log = structlog.get_logger(__name__)
MEDIA_TYPE = "application/scim+json"
READABLE_TYPES = (MEDIA_TYPE, "application/json")
# A first synchronization of a large company is a burst; a token that is guessed at is not.
REQUESTS = RateLimitItemPerMinute(1500)
WRONG_TOKENS = RateLimitItemPerMinute(20)
LONGEST_TOKEN = 200
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
View = Callable[..., HttpResponse]


class ScimRequest(HttpRequest):
    """A request whose token was accepted."""

    token: ScimToken


def scim_door(*methods: str) -> Callable[[View], View]:
    """For a live token, by these methods. Cookies are not looked at, so no other site's form can act here."""

    def decorator(view: View) -> View:
        @csrf_exempt
        @never_cache
        @wraps(view)
        def guarded(request: ScimRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            refusal = _refusal(request)
            if refusal is not None:
                return refusal
            if request.method not in methods:
                return refused(405, "This address does not take that method.", headers={"Allow": ", ".join(methods)})
            return _answered(view, request, *args, **kwargs)

        return guarded

    return decorator


def _refusal(request: ScimRequest) -> HttpResponse | None:
    """A live token is let in whatever else comes from its address: the secret cannot be guessed, and nobody shall hold
    up a deactivation by guessing from the same network or through the same proxy."""
    token = live_token(bearer(request))
    if token is None:
        return _refused_token(request)
    if not _within(REQUESTS, token.prefix):
        return refused(429, f"More than {REQUESTS.amount:,} requests came within a minute.", RETRY)
    request.token = token
    return None


RETRY = {"Retry-After": "60"}


def _refused_token(request: HttpRequest) -> HttpResponse:
    """After some wrong ones no more is audited of that address for a minute: the log is kept for ever."""
    if request.headers.get("Authorization"):
        if not _within(WRONG_TOKENS, request.META.get("REMOTE_ADDR", "")):
            return refused(429, "Too many wrong tokens came from this address. Try again in a minute.", RETRY)
        record_event(None, SCIM_REFUSED, "scim_token:unknown", result="refused", path=request.path[:200])
    return refused(401, "Send a live token as bearer token.", headers={"WWW-Authenticate": 'Bearer realm="SCIM"'})


def bearer(request: HttpRequest) -> str:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" and len(text) <= LONGEST_TOKEN else ""


def _within(pace: RateLimitItemPerMinute, who: str) -> bool:
    return unless_down(lambda: MovingWindowRateLimiter(storage()).hit(pace, "scim", who), True)


def _answered(view: View, request: ScimRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    try:
        refuse_unstorable([*request.GET.values(), *kwargs.values()])
        with POLICY:
            return view(request, *args, **kwargs)
    except SCIMException as error:
        told = error.to_error()
    except RecursionError:
        told = InvalidSyntaxException(detail="That is nested too deeply.").to_error()
    except IntegrityError:
        told = UniquenessException(detail="Another request did the same at this moment. Read it again.").to_error()
    except ValidationError as error:
        told = Error.from_validation_errors(error)[0]
    return written(told.model_dump(), status=told.status or 400)


def refused(status: int, detail: str, headers: dict[str, str] | None = None) -> HttpResponse:
    return written(Error(status=status, detail=detail).model_dump(), status=status, headers=headers)


def written(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(json.dumps(body), status=status, content_type=MEDIA_TYPE, headers=headers)


def payload_of(request: HttpRequest) -> dict[str, Any]:
    """The JSON object that was sent. Raises InvalidSyntaxException for anything else."""
    if request.content_type not in READABLE_TYPES:
        raise InvalidSyntaxException(detail=f"Send {MEDIA_TYPE}.")
    try:
        payload = json.loads(request.body)
    except (ValueError, RecursionError):
        raise InvalidSyntaxException(detail="The body is not JSON.") from None
    if not isinstance(payload, dict):
        raise InvalidSyntaxException(detail="The body is not a JSON object.")
    refuse_unstorable(payload)
    return payload


def refuse_unstorable(value: Any) -> None:
    """Raises InvalidValueException for a text that no database keeps: with a NUL, or with half of a character."""
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list):
        for each in value:
            refuse_unstorable(each)
    elif isinstance(value, str) and UNSTORABLE.search(value):
        raise InvalidValueException(detail="A text holds a sign that cannot be kept.")


def number_of(resource_id: str, kind: str) -> int:
    """The row's number in an id such as `user-12`. Raises NotFoundException for an id that was never given."""
    prefix, _, digits = resource_id.partition("-")
    if prefix != kind or not (digits.isascii() and digits.isdigit()) or len(digits) > 9:
        raise NotFoundException(detail=f"There is no resource {resource_id[:60]}.")
    return int(digits)
