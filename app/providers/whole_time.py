"""An HTTP client whose replies have a time in all: a server that sends a byte now and then is not waited for.

The timeouts of httpx2 hold for each read by itself. The time begins with the request and is looked at with every part
of the body; a server that dribbles its headers is bounded by the read timeout of each part alone.
"""

import time
from collections.abc import Iterator

import httpx2


class _BoundedStream(httpx2.SyncByteStream):
    def __init__(self, stream: httpx2.SyncByteStream, request: httpx2.Request, due: float) -> None:
        self._stream = stream
        self._request = request
        self._due = due

    def __iter__(self) -> Iterator[bytes]:
        for part in self._stream:
            if time.monotonic() > self._due:
                raise httpx2.ReadTimeout("the whole reply took too long", request=self._request)
            yield part

    def close(self) -> None:
        self._stream.close()


class WholeTimeTransport(httpx2.HTTPTransport):
    """Takes the request's own read timeout as the time for the whole reply."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        began = time.monotonic()
        response = super().handle_request(request)
        read_s = request.extensions["timeout"].get("read")
        if read_s is not None and isinstance(response.stream, httpx2.SyncByteStream):
            response.stream = _BoundedStream(response.stream, request, began + read_s)
        return response


def bounded_client() -> httpx2.Client:
    """For openai.OpenAI(http_client=…), which gives each request its timeout."""
    return httpx2.Client(transport=WholeTimeTransport(), follow_redirects=True)
