"""Versions of resources (RFC 7644, 3.14): a resource that reads the same has the same one."""

import hashlib
import json
from typing import Any

from django.http import HttpRequest
from scim2_models import PreconditionFailedException, Resource


def version_of(resource: Resource[Any]) -> str:
    shown = {key: value for key, value in resource.model_dump().items() if key != "meta"}
    return f'W/"{hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:20]}"'


def check_version(request: HttpRequest, version: str) -> None:
    """Raises PreconditionFailedException where the sender has seen another version than there is now."""
    if not _names(request.headers.get("If-Match"), version, otherwise=True):
        raise PreconditionFailedException(detail="The resource has changed since. Read it again.")


def is_unchanged(request: HttpRequest, version: str) -> bool:
    return _names(request.headers.get("If-None-Match"), version, otherwise=False)


def _names(header: str | None, version: str, *, otherwise: bool) -> bool:
    if not header:
        return otherwise
    named = {each.strip().removeprefix("W/") for each in header.split(",")}
    return "*" in named or version.removeprefix("W/") in named
