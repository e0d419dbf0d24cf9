"""Serves a wiki over real HTTP: Cloud below /wiki, Data Center at the root. It hands lists out in small parts,
checks credentials and fails on demand. It has not been compared with a live Confluence.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ingestion.tests.confluence_formats import Cloud
from ingestion.tests.confluence_wiki import Failure


class Server:
    """Serves a wiki on a free port of this machine until it is stopped."""

    def __init__(self, edition: Cloud) -> None:
        self.wiki, self.edition = edition.wiki, edition
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.edition.context}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_GET(self) -> None:
                try:
                    outer._serve(self)
                except Failure as failure:
                    outer._send(self, failure.status, failure.body, failure.headers)

            def log_message(self, *args: Any) -> None: ...

        return Handler

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        address = urlsplit(request.path)
        if address.path.startswith("/media/"):
            self.wiki.media_headers.append(dict(request.headers))
            self._send(request, 200, self.wiki.contents[address.path.rsplit("/", 1)[-1]].data)
            return
        if not address.path.startswith(f"{self.edition.context}/"):
            raise Failure(404, body=b"<html>no wiki here</html>")
        path = address.path.removeprefix(self.edition.context)
        self.wiki.meet(path)
        if not self.edition.is_known(request.headers.get("Authorization", "")):
            raise Failure(401, body=b"<html>Unauthorized</html>")
        query = parse_qs(address.query)
        if path.startswith("/download/"):
            content = self.wiki.found(query["at"][0], "attachment")
            # Cloud's file store is another host.
            raise Failure(302, {"Location": f"http://localhost:{self.port}/media/{content.id}"})
        body = json.dumps(self.edition.answer(path, query)).encode()
        self._send(request, 200, body, {"Content-Type": "application/json"})

    def _send(self, request: BaseHTTPRequestHandler, status: int, body: bytes, headers: Any = None) -> None:
        request.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)
