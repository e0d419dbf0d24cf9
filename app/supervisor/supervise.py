"""Keeps a set of programs running until told to stop, or until one of them cannot be kept running."""

import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType

from app.supervisor.child import Child, Program
from app.supervisor.console import Console

TICK_SECONDS = 0.1
QUICK_DEATH_SECONDS = 10.0
QUICK_DEATHS_ALLOWED = 5
LONGEST_PAUSE_SECONDS = 10.0
# A worker may finish its document, then is asked to hand it back, then is made to.
GRACE_SECONDS = ((signal.SIGTERM, 8.0), (signal.SIGQUIT, 4.0))


@dataclass(slots=True)
class Post:
    """A program's place in the line: the child that fills it now, or when the next one comes."""

    program: Program
    child: Child | None = None
    quick_deaths: int = 0
    next_start: float = 0.0


class Supervisor:
    """Runs programs side by side, from the main thread: a child is tied to the thread that started it."""

    def __init__(self, programs: Sequence[Program], console: Console) -> None:
        self._posts = [Post(program) for program in programs]
        self._console = console
        self._stop_requests = 0

    def run(self) -> bool:
        """Run until SIGINT or SIGTERM; return False if a program kept dying. Nothing is left running."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._request_stop)
        try:
            while not self._stop_requests:
                for post in self._posts:
                    if not self._keep(post):
                        return False
                time.sleep(TICK_SECONDS)
            self._console.say("Stopping …")
            return True
        finally:
            self._stop_all()

    def _keep(self, post: Post) -> bool:
        """Fill the post if it is empty and its time has come; say whether it can still be filled."""
        if post.child is None:
            if time.monotonic() >= post.next_start:
                post.child = Child(post.program, self._console)
        elif post.child.ended():
            return self._bury(post, post.child)
        return True

    def _bury(self, post: Post, child: Child) -> bool:
        quick = child.uptime < QUICK_DEATH_SECONDS
        post.quick_deaths = post.quick_deaths + 1 if quick else 0
        post.child = None
        story = f"The {post.program.name} process {child.how_it_ended()}"
        if post.quick_deaths >= QUICK_DEATHS_ALLOWED:
            self._console.say(
                f"{story}, {post.quick_deaths} times soon after its start. Its last lines above say why; put "
                "that right and start again."
            )
            return False
        pause = min(0.5 * 2**post.quick_deaths, LONGEST_PAUSE_SECONDS) if quick else 0.0
        post.next_start = time.monotonic() + pause
        self._console.say(f"{story}; starting it again.")
        return True

    def _request_stop(self, number: int, frame: FrameType | None) -> None:
        self._stop_requests += 1

    def _stop_all(self) -> None:
        """End every child, politely first. A second Ctrl-C ends the politeness."""
        children = [post.child for post in self._posts if post.child]
        asked = self._stop_requests
        for number, seconds in GRACE_SECONDS:
            for child in children:
                child.send(number)
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline and self._stop_requests <= max(asked, 1):
                children = [child for child in children if not child.ended()]
                if not children:
                    return
                time.sleep(TICK_SECONDS / 2)
        for child in children:
            child.kill()
