"""The two kinds of receivers outside that entries are forwarded to: syslog, and HTTP. Each takes a batch or raises.

A batch counts as received only when the receiver has said so: by a 2xx status, or by closing its side of the
connection after we have closed ours, when it has read all of it. Syslog over UDP says nothing: what is sent is
believed.
"""

import hashlib
import hmac
import json
import socket
import ssl
from collections.abc import Sequence
from datetime import UTC
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx

from app.audit.models import AuditEvent

TIMEOUT_S = 10.0
# Facility 13 is "log audit"; severity 5 a notice, 4 a warning.
FACILITY, NOTICE, WARNING = 13, 5, 4
# The enterprise number that RFC 5612 gives for examples: we have none of our own.
STRUCTURE = "attest@32473"
SYSLOG_PORTS = {"syslog+udp": 514, "syslog+tcp": 601, "syslog+tls": 6514}
# What one UDP packet carries over any usual network.
MOST_UDP_BYTES = 60_000


class ReceiverError(Exception):
    """The receiver did not take the entries; they are sent again later."""

    permanent = False


class Receiver(Protocol):
    def send(self, entries: Sequence[AuditEvent]) -> None:
        """Raises ReceiverError unless all of them were taken."""


def as_fields(event: AuditEvent) -> dict[str, Any]:
    """An entry as receivers and exports get it. `sequence` is its id: whoever gets one twice knows it by that."""
    return {
        "sequence": event.sequence, "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor_id": event.actor_id, "actor": event.actor_label, "action": event.action, "target": event.target,
        "result": event.result, "address": event.address, "request_id": event.request_id, "trace_id": event.trace_id,
        "details": event.details, "before": event.before, "after": event.after, "format": event.format,
        "previous_hash": event.previous_hash, "hash": event.hash,
    }  # fmt: skip


def receiver_at(address: str, *, token: str = "", hmac_key: str = "", ca_file: str = "") -> Receiver:
    if urlsplit(address).scheme in SYSLOG_PORTS:
        return SyslogReceiver(address, ca_file)
    return HttpReceiver(address, token, hmac_key, ca_file)


class HttpReceiver:
    """POSTs `{"entries": […]}`; anything but a 2xx is a refusal, a redirect too."""

    def __init__(self, address: str, token: str = "", hmac_key: str = "", ca_file: str = "") -> None:
        self._address, self._token, self._hmac_key = address, token, hmac_key
        self._trust: ssl.SSLContext | bool = ssl.create_default_context(cafile=ca_file) if ca_file else True

    def send(self, entries: Sequence[AuditEvent]) -> None:
        body = json.dumps({"entries": [as_fields(each) for each in entries]}).encode()
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": f"audit-{entries[0].sequence}-{entries[-1].sequence}",
        }
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if self._hmac_key:
            digest = hmac.new(self._hmac_key.encode(), body, hashlib.sha256).hexdigest()
            headers["X-Attest-Signature"] = f"sha256={digest}"
        try:
            with httpx.Client(timeout=TIMEOUT_S, verify=self._trust, trust_env=False) as client:
                status = client.post(self._address, content=body, headers=headers).status_code
        except httpx.HTTPError as error:
            raise ReceiverError(type(error).__name__) from error
        if not httpx.codes.is_success(status):
            raise ReceiverError(f"It answered with status {status}.")


class SyslogReceiver:
    """RFC 5424 messages: framed by their length over TCP (RFC 6587) and TLS (RFC 5425), one a packet over UDP."""

    def __init__(self, address: str, ca_file: str = "") -> None:
        parts = urlsplit(address)
        self._scheme, self._ca_file = parts.scheme, ca_file
        self._host, self._port = parts.hostname or "localhost", parts.port or SYSLOG_PORTS[parts.scheme]

    def send(self, entries: Sequence[AuditEvent]) -> None:
        messages = [syslog_message(each) for each in entries]
        try:
            if self._scheme == "syslog+udp":
                self._send_packets(messages)
            else:
                self._send_stream(messages)
        except (OSError, ValueError) as error:
            raise ReceiverError(type(error).__name__) from error

    def _send_packets(self, messages: Sequence[bytes]) -> None:
        family, kind, protocol, _, address = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as out:
            for message in messages:
                out.sendto(message[:MOST_UDP_BYTES], address)

    def _send_stream(self, messages: Sequence[bytes]) -> None:
        with socket.create_connection((self._host, self._port), timeout=TIMEOUT_S) as plain:
            framed = b"".join(b"%d %s" % (len(message), message) for message in messages)
            if self._scheme != "syslog+tls":
                plain.sendall(framed)
                plain.shutdown(socket.SHUT_WR)
                _read_to_the_end(plain)
                return
            trust = ssl.create_default_context(cafile=self._ca_file or None)
            with trust.wrap_socket(plain, server_hostname=self._host) as sealed:
                sealed.sendall(framed)
                # Waits until the receiver has closed its side as well.
                sealed.unwrap().close()


def _read_to_the_end(connection: socket.socket) -> None:
    """A receiver closes its side when it has read ours to the end. One that died resets the connection instead."""
    while connection.recv(4096):
        pass


def syslog_message(event: AuditEvent) -> bytes:
    severity = NOTICE if event.result == AuditEvent.Result.OK else WARNING
    at = event.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    structure = " ".join(
        f'{name}="{_escaped(str(value))}"'
        for name, value in (
            ("sequence", event.sequence), ("actor", event.actor_label), ("target", event.target),
            ("result", event.result), ("address", event.address), ("request", event.request_id), ("hash", event.hash),
        )
    )  # fmt: skip
    head = f"<{FACILITY * 8 + severity}>1 {at} {_host_name()} attest - {_word(event.action)} [{STRUCTURE} {structure}]"
    # The mark says that the text is UTF-8.
    return f"{head} \ufeff{json.dumps(as_fields(event), ensure_ascii=False)}".encode()


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")


def _word(text: str) -> str:
    """A message id: up to 32 printable characters without blanks."""
    return "".join(each for each in text if "!" <= each <= "~")[:32] or "-"


def _host_name() -> str:
    return "".join(each for each in socket.gethostname() if "!" <= each <= "~")[:255] or "-"
