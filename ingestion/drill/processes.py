"""What is killed: worker, beat, PostgreSQL and Valkey, each by its process id and each started again."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from app.embedded import EmbeddedServiceError, Handle, start_postgres, start_valkey

CELERY = (sys.executable, "-m", "celery", "--quiet", "-A", "app.celery")
START_TRIES = 20


class Processes:
    """Everything the drill runs on, in folders of its own. `kills` counts what was killed."""

    def __init__(self, data_dir: Path, environment: dict[str, str], workers: int) -> None:
        self._data_dir = data_dir
        self._environment = environment
        self._workers = workers
        self._programs: dict[str, subprocess.Popen[bytes]] = {}
        self._services: dict[str, Handle] = {}
        self.kills = dict.fromkeys(("worker", "worker child", "beat", "postgres", "valkey"), 0)

    def start_services(self) -> None:
        self._services = {"postgres": start_postgres(self._data_dir), "valkey": start_valkey(self._data_dir)}

    def start_programs(self) -> None:
        self._start("worker", "worker", "--concurrency", str(self._workers), "--without-gossip", "--without-mingle")
        self._start("beat", "beat", "--schedule", str(self._data_dir / "beat-schedule"), "--pidfile", "")

    def kill_one(self, chance: random.Random) -> str:
        """Kill one of them with SIGKILL, leave it dead for a moment, and start it again; returns which it was."""
        name = chance.choice(list(self.kills))
        self.kills[name] += 1
        match name:
            case "worker" | "beat":
                self._kill_program(name)
                time.sleep(chance.random())
                self.start_programs_that_are_gone()
            case "worker child":
                self._kill_a_child(chance)
            case _:
                self._kill_service(name)
                time.sleep(chance.random())
                self._start_service(name)
        return name

    def start_programs_that_are_gone(self) -> None:
        """A program that ended by itself is started again too, as a supervisor does."""
        for name, program in list(self._programs.items()):
            if program.poll() is not None:
                self._start(name, *program.args[len(CELERY) :])  # type: ignore[index]

    def stop_programs(self) -> None:
        for name in self._programs:
            self._kill_program(name)

    def stop(self) -> None:
        self.stop_programs()
        for handle in self._services.values():
            handle.stop()

    def _start(self, name: str, *arguments: str) -> None:
        log = self._data_dir / f"{name}.log"
        with log.open("ab") as out:
            self._programs[name] = subprocess.Popen(
                [*CELERY, *arguments], env=self._environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip

    def _kill_program(self, name: str) -> None:
        program = self._programs[name]
        if program.poll() is None:
            # The leader's id is its group's too: the pool goes with it.
            with suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)
        program.wait()

    def _kill_a_child(self, chance: random.Random) -> None:
        with suppress(psutil.NoSuchProcess):
            children = psutil.Process(self._programs["worker"].pid).children()
            if children:
                chance.choice(children).kill()

    def _kill_service(self, name: str) -> None:
        pid = self._services[name].pid
        with suppress(psutil.NoSuchProcess):
            if pid is not None:
                server = psutil.Process(pid)
                for process in [server, *server.children(recursive=True)]:
                    with suppress(psutil.NoSuchProcess):
                        process.kill()

    def _start_service(self, name: str) -> None:
        start: Callable[[Path], Handle] = {"postgres": start_postgres, "valkey": start_valkey}[name]
        for attempt in range(START_TRIES):
            try:
                former, self._services[name] = self._services[name], start(self._data_dir)
            except EmbeddedServiceError:
                # What the killed one left behind may take a moment to go.
                if attempt == START_TRIES - 1:
                    raise
                time.sleep(0.5)
            else:
                former.stop()
                return
