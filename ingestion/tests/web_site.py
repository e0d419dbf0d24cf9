"""A real web site on loopback for tests: pages by path, what was asked for, and failures on demand."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = tuple[int, Mapping[str, str], bytes]


@dataclass
class Site:
    """`answers` maps a path with its query to an answer, or to what makes one out of the request's headers."""

    port: int = 0
    answers: dict[str, Answer | Callable[[Message], Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: list[Message] = field(default_factory=list)
    fail_after: int | None = None
    failure: Answer = (500, {}, b"broken")

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def page(self, path: str, html: str, **headers: str) -> str:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = (200, {"Content-Type": "text/html; charset=utf-8"} | named, html.encode())
        return self.url(path)

    def redirect(self, path: str, target: str, status: int = 302) -> str:
        self.answers[path] = (status, {"Location": target}, b"")
        return self.url(path)

    def times_asked(self, path: str) -> int:
        return self.asked.count(path)

    def answer(self, path: str, headers: Message) -> Answer:
        self.asked.append(path)
        self.headers.append(headers)
        if self.fail_after is not None:
            self.fail_after -= 1
            if self.fail_after < 0:
                return self.failure
        found = self.answers.get(path, (404, {"Content-Type": "text/html"}, b"<p>Not found</p>"))
        return _conditional(found(headers) if callable(found) else found, headers)


def _conditional(answer: Answer, headers: Message) -> Answer:
    status, named, body = answer
    tag = named.get("ETag")
    if status == 200 and tag and headers.get("If-None-Match") == tag:
        return 304, {"ETag": tag}, b""
    stamp = named.get("Last-Modified")
    if status == 200 and stamp and "If-None-Match" not in headers and headers.get("If-Modified-Since") == stamp:
        return 304, {}, b""
    return status, named, body


@contextmanager
def running_site() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            status, headers, body = site.answer(self.path, self.headers)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hangs up in the middle of a large answer is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
