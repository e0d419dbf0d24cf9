"""Whether the web server can listen, in words; and waiting until it answers."""

import http.server
import socket
import threading

import pytest

from app.supervisor.address import (
    AddressError,
    check_free,
    page_address,
    probe_headers,
    wait_until_free,
    wait_until_ready,
)


class Unready(http.server.BaseHTTPRequestHandler):
    """Not ready at the first question, ready at the second."""

    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        self.send_response(503 if self.asked == 1 else 200)
        self.end_headers()
        self.wfile.write(b'{"database": "down"}')

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


def test_a_free_port_is_free(free_port: int):
    check_free("127.0.0.1", free_port)


def test_a_taken_port_is_named_with_a_way_out():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(AddressError) as caught:
            check_free("127.0.0.1", port)
    expected = f"Port {port} is taken by another program; free it or run `ATTEST_PORT={port + 1} make run`."
    assert str(caught.value) == expected


def test_a_port_that_is_left_in_time_is_waited_for(free_port: int):
    other = socket.create_server(("127.0.0.1", free_port))
    threading.Timer(0.7, other.close).start()
    wait_until_free("127.0.0.1", free_port, seconds=30)
    with socket.create_server(("127.0.0.1", free_port)), pytest.raises(AddressError, match="is taken"):
        wait_until_free("127.0.0.1", free_port, seconds=0)


def test_a_host_that_is_not_this_machine():
    with pytest.raises(AddressError, match=r"ATTEST_HOST is 192\.0\.2\.1, but this machine cannot listen there"):
        check_free("192.0.2.1", 8000)


def test_the_page_of_every_address_is_reached_through_loopback():
    assert page_address("0.0.0.0", 8000) == "http://127.0.0.1:8000/"
    assert page_address("::", 8000) == "http://[::1]:8000/"
    assert page_address("10.0.0.5", 8000) == "http://10.0.0.5:8000/"


def test_waiting_ends_when_the_server_is_ready():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Unready) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert wait_until_ready("127.0.0.1", server.server_port, {}, seconds=10) == ""
        assert Unready.asked == 2
        server.shutdown()


def test_waiting_in_vain_returns_the_reason(free_port: int):
    assert "refused" in wait_until_ready("127.0.0.1", free_port, {}, seconds=0.1)


def test_a_probe_uses_a_host_name_that_the_site_accepts():
    assert probe_headers([".example.com", "attest.example.com"], https=True) == {
        "Host": "attest.example.com",
        "X-Forwarded-Proto": "https",
    }
    assert probe_headers(["*"], https=False) == {}
