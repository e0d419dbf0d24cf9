"""Where the request that is being worked on came from: its address and its trace. Never a field of a log line.

The address is what the web server found out: it believes `X-Forwarded-For` only from the proxies that uvicorn's own
FORWARDED_ALLOW_IPS names (this machine, if nothing is set), so a client cannot choose its address.
"""

import ipaddress
import re
from contextvars import ContextVar

from django.http import HttpRequest

ADDRESS: ContextVar[str] = ContextVar("attest_address", default="")
TRACE_ID: ContextVar[str] = ContextVar("attest_trace_id", default="")
# W3C Trace Context: version, trace, parent, flags.
TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}.*")


def bind_origin(request: HttpRequest) -> None:
    """For the rest of this context, and the threads and tasks that it starts."""
    ADDRESS.set(address_of(request))
    TRACE_ID.set(trace_of(request))


def address_of(request: HttpRequest) -> str:
    """An IP address, or nothing where there is none (a Unix socket, a name that a test made up)."""
    try:
        return str(ipaddress.ip_address(request.META.get("REMOTE_ADDR", "") or ""))
    except ValueError:
        return ""


def trace_of(request: HttpRequest) -> str:
    found = TRACEPARENT.fullmatch(request.headers.get("traceparent", ""))
    return found[1] if found else ""
