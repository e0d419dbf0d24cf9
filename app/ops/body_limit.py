"""Refuses bodies that are too large before anything of the application sees them.

Django writes a whole body to disk before it calls a view, so a limit in a view comes too late to
save the disk. This stands in front of it, on the wire.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

MEGABYTE = 1024 * 1024
PLAIN_LIMIT = MEGABYTE
# Room for the other fields of a form beside its file.
FORM_EXTRA = MEGABYTE


class _TooLargeError(Exception):
    """More arrived than may."""


def limit_bodies(application: Application, *, max_file_mb: int) -> Application:
    """`application` behind limits: a file of `max_file_mb` in a form, 1 MB in anything else."""

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        headers = dict(scope["headers"])
        limit = limit_for(headers, max_file_mb)
        if announced(headers) > limit:
            await refuse(send, limit)
            return
        began = False

        async def watched_send(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            await application(scope, counted(receive, limit), watched_send)
        except _TooLargeError:
            if not began:
                await refuse(send, limit)

    return limited


def counted(receive: Receive, limit: int) -> Receive:
    arrived = 0

    async def counting() -> Message:
        nonlocal arrived
        message = await receive()
        arrived += len(message.get("body", b""))
        if arrived > limit:
            raise _TooLargeError
        return message

    return counting


def limit_for(headers: dict[bytes, bytes], max_file_mb: int) -> int:
    is_form = headers.get(b"content-type", b"").lower().startswith(b"multipart/form-data")
    return max_file_mb * MEGABYTE + FORM_EXTRA if is_form else PLAIN_LIMIT


def announced(headers: dict[bytes, bytes]) -> int:
    length = headers.get(b"content-length", b"")
    return int(length) if length.isdigit() else 0


async def refuse(send: Send, limit: int) -> None:
    """A 413 as a problem detail; the connection is closed, as the rest of the body is not read."""
    problem = {
        "type": "urn:attest:problem:too-large",
        "title": "Too large",
        "status": 413,
        "detail": f"A body may have {limit // MEGABYTE} MB here.",
    }
    headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(problem).encode()})
