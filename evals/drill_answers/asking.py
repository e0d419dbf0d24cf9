"""Asks one question over the API's stream and notes what came of it, and when: the eyes of the drill."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

PATH = "/api/v1/answers"


@dataclass(slots=True)
class Seen:
    """Seconds are from the sending of the question; None: it never came. `ended` is "answer", "error" or how it broke.

    `body` is the answer, or the problem, as the caller received it.
    """

    status: int = 0
    ended: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    raw: str = ""
    answer_id: int | None = None
    sign_s: float | None = None
    word_s: float | None = None
    end_s: float = 0.0
    restarts: int = 0
    waits: int = 0

    @property
    def outcome(self) -> str:
        return str(self.body.get("outcome") or "")

    @property
    def said(self) -> str:
        """The sentence beside the answer, or in its place."""
        return str(self.body.get("notice") or self.body.get("detail") or "")


def ask(
    client: httpx.Client,
    question: str,
    *,
    midway: Callable[[], None] | None = None,
    leaves: bool = False,
    silence_s: float = 60.0,
) -> Seen:
    """`midway` is called after the first word; who `leaves` closes the connection then."""
    seen, began = Seen(), time.monotonic()
    asked = {"question": question, "stream": True, "fresh": True}
    try:
        with client.stream("POST", PATH, json=asked, timeout=silence_s) as reply:
            seen.status = reply.status_code
            seen.answer_id = _id_in(reply.headers.get("Content-Location", ""))
            if reply.status_code == httpx.codes.OK:
                _listen(reply, seen, began, midway, leaves)
            else:
                seen.ended, seen.raw = "refused", reply.read().decode(errors="replace")
                seen.body = json.loads(seen.raw) if seen.raw.startswith("{") else {}
    except httpx.HTTPError as error:
        seen.ended = type(error).__name__
    seen.end_s = time.monotonic() - began
    return seen


def _listen(reply: httpx.Response, seen: Seen, began: float, midway: Callable[[], None] | None, leaves: bool) -> None:
    name, received = "", []
    for line in reply.iter_lines():
        received.append(line)
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            seen.raw = "\n".join(received)
            if _heard(name, json.loads(line.removeprefix("data: ")), seen, time.monotonic() - began):
                if leaves:
                    seen.ended = "left"
                    return
                if midway is not None:
                    midway()
                    midway = None
    seen.ended = seen.ended or "cut off"


def _heard(name: str, data: dict[str, Any], seen: Seen, at_s: float) -> bool:
    """Note one event; returns whether it is a word of the answer."""
    seen.sign_s = at_s if seen.sign_s is None else seen.sign_s
    match name:
        case "token":
            seen.word_s = at_s if seen.word_s is None else seen.word_s
        case "restart":
            seen.restarts += 1
        case "step":
            seen.waits += data.get("name") == "wait"
        case "answer" | "error":
            seen.ended, seen.body = name, data
            seen.answer_id = data.get("id") or seen.answer_id
    return name == "token"


def _id_in(location: str) -> int | None:
    number = location.rpartition("/")[2]
    return int(number) if number.isdecimal() else None
