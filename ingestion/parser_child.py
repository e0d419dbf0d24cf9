"""The process that reads files for a worker: `python -m ingestion.parser_child`, frames in on stdin, frames
out on stdout.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import Any, BinaryIO, NoReturn

from ingestion.errors import IngestionError
from ingestion.formats.recognition import recogniser
from ingestion.parser_wire import FRAME, OUT_OF_MEMORY_EXIT, document_head, error_head, frame

# spaCy imports torch where it finds it; nothing here needs it, and it alone would take most of the memory
# allowed.
sys.modules["torch"] = None  # type: ignore[assignment]

from ingestion.steps.parse import parse  # noqa: E402

# Of the time for a document, so that what was recognised by then is not lost with it.
RECOGNITION_SHARE = 0.7


def main() -> NoReturn:
    """Serve documents until standard input ends, which it also does when the worker dies."""
    requests, replies = _private_streams()
    _write(replies, {"ready": True})
    while header := requests.read(FRAME.size):
        head_length, body_length = FRAME.unpack(header)
        request = json.loads(requests.read(head_length))
        data = requests.read(body_length)
        _limit(request["memory_mb"], request["timeout_s"])
        _write(replies, {**_reply(data, request), "memory_mb": _resident_mb()})
    sys.exit(0)


def _reply(data: bytes, request: dict[str, Any]) -> dict[str, Any]:
    seconds = request["timeout_s"] * RECOGNITION_SHARE
    try:
        return document_head(parse(data, request["name"], recogniser(request["recognise"], seconds)))
    except IngestionError as error:
        return error_head(error)
    except MemoryError:
        # What was being built is still held somewhere, so the process is of no more use.
        os._exit(OUT_OF_MEMORY_EXIT)


def _write(replies: BinaryIO, head: dict[str, Any]) -> None:
    replies.write(frame(head))
    replies.flush()


def _private_streams() -> tuple[BinaryIO, BinaryIO]:
    """Keep the pipes to the worker away from libraries, which print to standard output as they please."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nowhere, descriptor)
    return requests, replies


def _limit(memory_mb: int, timeout_s: float) -> None:
    """Bound the memory, and the processor time too, in case the worker that watches the clock is killed."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb * 1024 * 1024, hard))
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime + timeout_s) + 2, hard))


def _resident_mb() -> int:
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() // 1024 // 1024


if __name__ == "__main__":
    main()
