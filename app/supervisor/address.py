"""The address the web server will listen on: whether it is free, and when somebody answers there."""

import errno
import http.client
import json
import socket
import time
from collections.abc import Iterable, Mapping

PROBE_SECONDS = 2.0
PAUSE_SECONDS = 0.5
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104


class AddressError(Exception):
    """The web server cannot listen here; the message says what to do."""

    permanent = True


def check_free(host: str, port: int) -> None:
    """Raise AddressError if nobody could listen on `host` and `port` now."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise AddressError(why_not(error, host, port)) from error


def wait_until_free(host: str, port: int, seconds: float) -> None:
    """As `check_free`, but whoever listens there now has some `seconds` to go away."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            check_free(host, port)
        except AddressError:
            time.sleep(PAUSE_SECONDS)
        else:
            return
    check_free(host, port)


def page_address(host: str, port: int) -> str:
    """Return the address to type into a browser on this machine."""
    name = ANY_ADDRESS.get(host, host)
    return f"http://{f'[{name}]' if ':' in name else name}:{port}/"


def wait_until_ready(host: str, port: int, headers: Mapping[str, str], seconds: float) -> str:
    """Ask /readyz until it says yes; return "" then, or after `seconds` what it said last."""
    deadline = time.monotonic() + seconds
    said = "nobody answers"
    while time.monotonic() < deadline:
        try:
            status, said = ask(ANY_ADDRESS.get(host, host), port, "/readyz", headers)
            if status == http.client.OK:
                return ""
        except (OSError, http.client.HTTPException) as error:
            said = str(error) or said
        time.sleep(PAUSE_SECONDS)
    return said


def probe_headers(allowed_hosts: Iterable[str], *, https: bool) -> dict[str, str]:
    """Return headers with which the site's own checks of host and HTTPS let a probe pass."""
    named = [host for host in allowed_hosts if not host.startswith((".", "*"))]
    headers = {"Host": named[0]} if named else {}
    return headers | ({"X-Forwarded-Proto": "https"} if https else {})


def ask(host: str, port: int, path: str, headers: Mapping[str, str]) -> tuple[int, str]:
    """Return status and text of one page; raises OSError or HTTPException."""
    connection = http.client.HTTPConnection(host, port, timeout=PROBE_SECONDS)
    try:
        connection.request("GET", path, headers=dict(headers))
        response = connection.getresponse()
        return response.status, _compact(response.read(4096))
    finally:
        connection.close()


def _compact(body: bytes) -> str:
    text = body.decode(errors="replace")
    try:
        return json.dumps(json.loads(text))
    except ValueError:
        return text.strip()[:500]


def why_not(error: OSError, host: str, port: int) -> str:
    """What to do where nobody can listen on `host` and `port`, as one sentence."""
    if error.errno == errno.EADDRINUSE:
        other = f"ATTEST_PORT={port + 1} make run"
        return f"Port {port} is taken by another program; free it or run `{other}`."
    if error.errno == errno.EACCES:
        return f"Port {port} needs more rights than you have; run `ATTEST_PORT=8000 make run`."
    return f"ATTEST_HOST is {host}, but this machine cannot listen there: {error.strerror or error}."
