"""A proxy before an HTTP server that fails when it is told to: it answers 503, and cuts every other connection."""

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FlakyProxy:
    """Forwards to `port` on loopback until `fail_after` so many more requests."""

    def __init__(self, port):
        self.left = None
        self.failures = 0
        self.upstream = port
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def fail_after(self, requests):
        self.left = requests

    def recover(self):
        self.left = None

    def fails_now(self):
        if self.left is None:
            return False
        self.left -= 1
        if self.left < 0:
            self.failures += 1
        return self.left < 0

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def _handler(proxy):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if proxy.fails_now():
                self.fail()
                return
            connection = http.client.HTTPConnection("127.0.0.1", proxy.upstream, timeout=30)
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            data = answer.read()
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)
            connection.close()

        def fail(self):
            self.close_connection = True
            if proxy.failures % 2:
                self.send_response_only(503)
                self.send_header("Content-Length", "0")
                self.send_header("Connection", "close")
                self.end_headers()

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PROPFIND = do_OPTIONS = forward  # noqa: N815

        def log_message(self, format, *args):
            """Tests stay quiet."""

    return Handler
