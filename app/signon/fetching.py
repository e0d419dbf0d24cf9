"""Everything that is asked of a provider over HTTP: in time, in size, without following redirects, as a JSON object
or, for metadata, as a text."""

import json
import time
from typing import Any

import httpx

from app.signon.named_providers import wrong_address
from app.signon.refusal import Reason, SignOnRefused

CONNECT_S = 5.0
TOTAL_S = 10.0
MOST_BYTES = 512 * 1024
AGENT = "Attest sign-on"


class AnswerError(SignOnRefused):
    """The provider answered with an error status; `body` is its JSON, or empty."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(Reason.PROVIDER_REFUSED, f"status {status} {str(body.get('error', ''))[:80]}".strip())
        self.status, self.body = status, body


def get_json(address: str, **headers: str) -> dict[str, Any]:
    return _fetch("GET", address, headers=headers)


def post_form(address: str, form: dict[str, str], *, basic: tuple[str, str] | None = None) -> dict[str, Any]:
    return _fetch("POST", address, data=form, auth=basic)


def get_text(address: str) -> str:
    """A description that is no JSON. Raises SignOnRefused when the provider is away or answers otherwise."""
    status, body = _asked("GET", address)
    if status != 200:
        raise AnswerError(status, {})
    return body.decode("utf-8", errors="replace")


def _fetch(method: str, address: str, **kwargs: Any) -> dict[str, Any]:
    """Raises SignOnRefused when the provider is away or answers with something else."""
    status, body = _asked(method, address, **kwargs)
    said = _as_object(body)
    if status != 200:
        raise AnswerError(status, said or {})
    if said is None:
        raise SignOnRefused(Reason.PROVIDER_AWAY, f"no JSON object at {address[:100]}")
    return said


def _asked(method: str, address: str, **kwargs: Any) -> tuple[int, bytes]:
    if wrong := wrong_address(address):
        raise SignOnRefused(Reason.PROVIDER_AWAY, f"{address[:100]} {wrong}")
    try:
        return _read(method, address, **kwargs)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SignOnRefused(Reason.PROVIDER_AWAY, f"{type(error).__name__} at {address[:100]}") from error


def _read(method: str, address: str, **kwargs: Any) -> tuple[int, bytes]:
    deadline = time.monotonic() + TOTAL_S
    with (
        httpx.Client(timeout=httpx.Timeout(CONNECT_S), follow_redirects=False, trust_env=True) as client,
        client.stream(method, address, **_with_agent(kwargs)) as response,
    ):
        body = b""
        for piece in response.iter_bytes():
            body += piece
            if len(body) > MOST_BYTES or time.monotonic() > deadline:
                raise SignOnRefused(Reason.PROVIDER_AWAY, f"too long an answer at {address[:100]}")
        return response.status_code, body


def _with_agent(kwargs: dict[str, Any]) -> dict[str, Any]:
    headers = {
        "Accept": "application/json, application/samlmetadata+xml, application/xml",
        "User-Agent": AGENT,
        **kwargs.pop("headers", {}),
    }
    return {key: value for key, value in kwargs.items() if value is not None} | {"headers": headers}


def _as_object(body: bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None
