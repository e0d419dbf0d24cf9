"""Nothing inside the network is reached unless an admin named it: not by name, number, redirect or change of mind."""

import socket
import ssl
import threading
import time

import httpx
import pytest

from ingestion.connectors.base import ConnectorError
from ingestion.network_guard import AddressRefused, addresses_of, check_host, guarded_client
from ingestion.tests.web_site import running_site

INSIDE = [
    "10.0.0.1", "172.16.5.4", "192.168.1.1", "127.0.0.1", "127.8.9.1", "169.254.1.1", "169.254.169.254", "0.0.0.0",
    "0.1.2.3", "100.64.0.1", "100.100.100.200", "192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.7",
    "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1",
    "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a00:1", "64:ff9b:1::808:808",
    "2002:7f00:1::", "2002:808:808::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "fe80::1", "fe80::1%eth0", "fec0::1",
    "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "100::1",
]  # fmt: skip
OUTSIDE = ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


def answering(*addresses):
    return lambda host, port: addresses


@pytest.fixture
def site():
    with running_site() as running:
        running.page("/", "<p>inside</p>")
        yield running


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_refused(address):
    with pytest.raises(AddressRefused) as caught:
        check_host("site.example.com", [], resolve=answering(address))
    assert caught.value.permanent
    assert "site.example.com" in caught.value.message


@pytest.mark.parametrize("address", OUTSIDE)
def test_a_public_address_is_reached(address):
    assert addresses_of("site.example.com", 443, [], resolve=answering(address)) == (address,)


def test_one_inside_address_among_public_ones_refuses_the_host():
    with pytest.raises(AddressRefused):
        check_host("site.example.com", [], resolve=answering("8.8.8.8", "10.0.0.1"))


@pytest.mark.parametrize("literal", ["127.0.0.1", "2130706433", "0x7f.1", "127.1", "017700000001", "::1", "localhost"])
def test_every_spelling_of_this_machine_is_refused(literal):
    with pytest.raises(ConnectorError):
        check_host(literal, [])


@pytest.mark.parametrize(
    ("entry", "host", "port"),
    [
        ("wiki.local", "wiki.local", 80),
        ("WIKI.local.", "wiki.LOCAL", 443),
        ("wiki.local:8080", "wiki.local", 8080),
        ("bücher.local", "xn--bcher-kva.local", 80),
        ("::1", "::1", 80),
        ("[::1]:8080", "::1", 8080),
        ("127.0.0.1", "127.0.0.1", 80),
    ],
)
def test_a_host_allowed_by_name_is_reached(entry, host, port):
    assert addresses_of(host, port, [entry], resolve=answering("10.0.0.1"))


@pytest.mark.parametrize("entry", ["wiki.local:8081", "local", "*.local", "", "wiki.local.example.com", "10.0.0.1"])
def test_an_entry_allows_that_host_and_port_alone(entry):
    with pytest.raises(AddressRefused):
        check_host("wiki.local", [entry], port=8080, resolve=answering("10.0.0.1"))


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "::ffff:169.254.169.254", "168.63.129.16", "224.0.0.1", "0.0.0.0", "::"]
)
def test_a_clouds_keys_are_out_of_reach_of_every_entry(address):
    with pytest.raises(AddressRefused):
        check_host("wiki.local", ["wiki.local"], resolve=answering(address))


def test_a_name_without_an_address_says_what_to_check():
    for resolve in (answering(), lambda host, port: socket.getaddrinfo("no-such-name.invalid", port)):
        with pytest.raises(ConnectorError, match="check its spelling") as caught:
            check_host("no-such-name.invalid", [], resolve=resolve)
        assert not caught.value.permanent


def test_a_client_reads_an_allowed_host_with_its_own_name_in_the_request(site):
    with guarded_client(["wiki.local"], resolve=answering("127.0.0.1")) as client:
        assert client.get(site.url(host="wiki.local")).text == "<p>inside</p>"
    assert site.headers[0]["Host"] == f"wiki.local:{site.port}"


def test_a_client_does_not_connect_inside(site):
    with guarded_client([]) as client:
        for url in (site.url(), site.url(host="localhost"), site.url(host="[::1]"), site.url(host="0x7f.1")):
            with pytest.raises(ConnectorError):
                client.get(url)
    assert site.asked == []


def test_a_redirect_inside_is_refused(site):
    site.redirect("/out", f"http://other.local:{site.port}/")
    with (
        guarded_client(["wiki.local"], follow_redirects=True, resolve=answering("127.0.0.1")) as client,
        pytest.raises(AddressRefused, match="other.local"),
    ):
        client.get(site.url("/out", host="wiki.local"))
    assert site.asked == ["/out"]


def test_a_name_that_changes_its_mind_is_connected_to_where_it_was_checked(site):
    """The check and the connection see one answer of the name server; the next connection is checked anew."""
    asked = []

    def rebinding(host, port):
        asked.append(host)
        return ["8.8.8.8"] if len(asked) == 1 else ["127.0.0.1"]

    check_host("rebind.example.com", [], resolve=rebinding)
    with guarded_client([], resolve=rebinding) as client, pytest.raises(AddressRefused):
        client.get(site.url(host="rebind.example.com"))
    assert site.asked == []
    assert len(asked) == 2


def test_a_user_name_inside_a_url_is_refused(site):
    with guarded_client(["127.0.0.1"]) as client, pytest.raises(AddressRefused, match="user name"):
        client.get(f"http://ada:secret@127.0.0.1:{site.port}/")
    assert site.asked == []


def test_proxies_of_the_environment_are_not_asked(site, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with guarded_client(["127.0.0.1"]) as client:
        assert client.get(site.url()).status_code == 200


def test_the_next_address_is_tried_when_one_does_not_answer(site):
    with guarded_client(["wiki.local"], resolve=answering("::1", "127.0.0.1")) as client:
        assert client.get(site.url(host="wiki.local")).status_code == 200


@pytest.mark.timed
def test_an_answer_that_drips_for_ever_ends_with_the_limit():
    server = socket.create_server(("127.0.0.1", 0))

    def drip():
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            try:
                for number in range(100):
                    connection.sendall(b"X-%d: 1\r\n" % number)
                    time.sleep(0.05)
            except OSError:
                return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    began = time.monotonic()
    with guarded_client(["127.0.0.1"], request_limit_s=0.4) as client, pytest.raises(httpx.ReadTimeout):
        client.get(f"http://127.0.0.1:{server.getsockname()[1]}/")
    assert time.monotonic() - began < 2
    server.close()
    thread.join()


def test_a_certificate_is_checked_against_the_name_and_not_the_address(tmp_path, monkeypatch):
    certificate = _certificate(tmp_path, "wiki.local")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with running_site() as site:
        site.page("/", "<p>safe</p>")
        port = _with_tls(site.port, certificate)
        with guarded_client(["wiki.local", "other.local"], resolve=answering("127.0.0.1")) as client:
            assert client.get(f"https://wiki.local:{port}/").text == "<p>safe</p>"
            with pytest.raises(httpx.ConnectError, match="(?i)certificate"):
                client.get(f"https://other.local:{port}/")


def _certificate(folder, name):
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


def _with_tls(port, certificate):
    """A door with TLS before the site's own port; it ends with the test process."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            plain, _ = server.accept()
            try:
                with context.wrap_socket(plain, server_side=True) as inner:
                    asked = inner.recv(65536)
                    with socket.create_connection(("127.0.0.1", port)) as behind:
                        behind.sendall(asked.replace(b"keep-alive", b"close"))
                        while piece := behind.recv(65536):
                            inner.sendall(piece)
            except OSError:
                continue

    threading.Thread(target=serve, daemon=True).start()
    return server.getsockname()[1]
