"""Entries reach a receiver outside in order, each at least once, also when it is down, refuses, hangs up or dies."""

import hashlib
import hmac
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from app.audit import events, forwarding
from app.audit.events import record_event
from app.audit.forwarding import forward, lag
from app.audit.models import AuditEvent, Forwarding
from app.audit.receivers import MOST_UDP_BYTES, syslog_message
from app.audit.tests.test_chain import chained

pytestmark = pytest.mark.django_db


@dataclass
class Collector:
    """What a receiver got; while `mood` is not "well" it misbehaves."""

    port: int = 0
    mood: str = "well"
    sequences: list[int] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)


@contextmanager
def http_collector() -> Iterator[Collector]:
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.headers.append(dict(self.headers))
            collector.bodies.append(body)
            if collector.mood == "cut":
                self.connection.close()
                return
            if collector.mood != "refuses":
                collector.sequences += [each["sequence"] for each in json.loads(body)["entries"]]
            # It took them, but its reply is lost or says otherwise: they come again.
            status = {"well": 204, "refuses": 503, "forgets": 500, "moved": 302}[collector.mood]
            self.send_response(status)
            if collector.mood == "moved":
                self.send_header("Location", f"http://127.0.0.1:{collector.port}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def syslog_collector(trust: ssl.SSLContext | None = None) -> Iterator[Collector]:
    """Over TCP: messages framed by their length. In the mood "dies" it resets the connection before it has read all."""
    collector = Collector()
    listening = socket.create_server(("127.0.0.1", 0))
    collector.port = listening.getsockname()[1]

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                if collector.mood == "dies":
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                    continue
                try:
                    sealed: Any = trust.wrap_socket(connection, server_side=True) if trust else connection
                    received = b""
                    while piece := sealed.recv(65536):
                        received += piece
                    if trust:
                        sealed.unwrap()
                except OSError:
                    continue
                collector.bodies += frames(received)
                collector.sequences += [
                    json.loads(each.split(b"\xef\xbb\xbf", 1)[1])["sequence"] for each in frames(received)
                ]

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield collector
    finally:
        listening.close()


def frames(received: bytes) -> list[bytes]:
    found = []
    while received:
        length, _, rest = received.partition(b" ")
        found.append(rest[: int(length)])
        received = rest[int(length) :]
    return found


def try_again() -> int:
    """As when the pause after a failure is over."""
    Forwarding.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))
    return forward()


def test_nothing_is_sent_where_no_receiver_is_set():
    chained(2)
    assert (forward(), lag(), Forwarding.objects.count()) == (0, 0, 0)


def test_entries_are_posted_in_order_and_only_once_when_all_is_well(settings):
    with http_collector() as collector:
        settings.ATTEST_AUDIT_FORWARD = f"http://127.0.0.1:{collector.port}/audit?key=query-secret"
        settings.ATTEST_AUDIT_FORWARD_TOKEN, settings.ATTEST_AUDIT_FORWARD_HMAC_KEY = "the-token", "the-key"
        chained(3)
        record_event(None, events.SOURCE_SYNCED, "source:9")
        assert (lag(), forward(), forward(), lag()) == (3, 3, 0, 0)
        assert collector.sequences == [1, 2, 3]
        assert collector.headers[0]["Authorization"] == "Bearer the-token"
        digest = hmac.new(b"the-key", collector.bodies[0], hashlib.sha256).hexdigest()
        assert collector.headers[0]["X-Attest-Signature"] == f"sha256={digest}"
        assert collector.headers[0]["Idempotency-Key"] == "audit-1-3"
        assert "secret" not in Forwarding.objects.get().receiver
        first = json.loads(collector.bodies[0])["entries"][0]
        assert (first["hash"], first["target"]) == (AuditEvent.objects.get(sequence=1).hash, "source:0")


@pytest.mark.parametrize("mood", ["refuses", "forgets", "moved", "cut"])
def test_what_http_did_not_take_is_sent_again(mood, settings):
    with http_collector() as collector:
        settings.ATTEST_AUDIT_FORWARD = f"http://127.0.0.1:{collector.port}/audit"
        chained(3)
        collector.mood = mood
        assert forward() == 0
        state = Forwarding.objects.get()
        assert (state.sequence, state.failures, bool(state.error)) == (0, 1, True)
        # The pause: nobody asks again at once.
        asked = len(collector.bodies)
        assert (forward(), len(collector.bodies)) == (0, asked)
        collector.mood = "well"
        assert try_again() == 3
        assert sorted(set(collector.sequences)) == [1, 2, 3]
        assert Forwarding.objects.get().error == ""


def test_pauses_grow_and_have_an_end(settings):
    settings.ATTEST_AUDIT_FORWARD = f"http://127.0.0.1:{free_port()}/"
    chained(1)
    pauses = []
    for _ in range(10):
        began = timezone.now()
        assert try_again() == 0
        pauses.append((Forwarding.objects.get().next_try_at - began).total_seconds())
    assert [round(each) for each in pauses[:4]] == [2, 4, 8, 16]
    assert max(pauses) < forwarding.LONGEST_PAUSE_S + 5


def test_a_receiver_that_is_down_for_a_while_gets_everything_later(settings, monkeypatch):
    monkeypatch.setattr(forwarding, "BATCH", 4)
    port = free_port()
    settings.ATTEST_AUDIT_FORWARD = f"http://127.0.0.1:{port}/"
    chained(5)
    assert forward() == 0
    chained(5)
    with http_collector() as collector:
        Forwarding.objects.all().delete()
        settings.ATTEST_AUDIT_FORWARD = f"http://127.0.0.1:{collector.port}/"
        assert forward() == 10
        assert collector.sequences == list(range(1, 11))
        assert len(collector.bodies) == 3


def test_syslog_over_tcp_is_framed_and_read_to_the_end(settings):
    with syslog_collector() as collector:
        settings.ATTEST_AUDIT_FORWARD = f"syslog+tcp://127.0.0.1:{collector.port}"
        record_event(None, "odd act\n]", 'source:"1"\\]', note="a line\nand Grüße", result="refused")
        chained(2)
        assert (forward(), collector.sequences) == (3, [1, 2, 3])
        message = collector.bodies[0].decode()
        # Facility 13 (log audit), severity 4 (warning) for what was refused.
        assert message.startswith("<108>1 20")
        assert ' attest - oddact] [attest@32473 sequence="1"' in message
        assert 'target="source:\\"1\\"\\\\\\]"' in message
        assert "\n" not in message
        assert "Grüße" in message


def test_a_syslog_server_that_dies_with_entries_unread_gets_them_again(settings):
    with syslog_collector() as collector:
        settings.ATTEST_AUDIT_FORWARD = f"syslog+tcp://127.0.0.1:{collector.port}"
        chained(3)
        collector.mood = "dies"
        assert (forward(), Forwarding.objects.get().sequence) == (0, 0)
        collector.mood = "well"
        assert (try_again(), collector.sequences) == (3, [1, 2, 3])


def test_syslog_over_tls_wants_a_certificate_that_it_can_trust(settings, tmp_path):
    certificate, key = made_certificate(tmp_path)
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(certificate, key)
    with syslog_collector(trust) as collector:
        settings.ATTEST_AUDIT_FORWARD = f"syslog+tls://localhost:{collector.port}"
        chained(2)
        assert (forward(), Forwarding.objects.get().error) == (0, "SSLCertVerificationError")
        settings.ATTEST_AUDIT_FORWARD_CA = str(certificate)
        assert (try_again(), collector.sequences) == (2, [1, 2])


def test_syslog_over_udp_sends_one_packet_an_entry(settings):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(5)
        settings.ATTEST_AUDIT_FORWARD = f"syslog+udp://127.0.0.1:{listening.getsockname()[1]}"
        record_event(None, events.SOURCE_SYNCED, "source:1", long="x" * 100_000)
        chained(1)
        assert forward() == 2
        packets = [listening.recv(70_000) for _ in range(2)]
    assert len(packets[0]) == MOST_UDP_BYTES
    assert packets[1] == syslog_message(AuditEvent.objects.get(sequence=2))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def made_certificate(folder: Path) -> tuple[Path, Path]:
    """For localhost, signed by itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = timezone.now()
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, private
