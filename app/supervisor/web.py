"""The web server: uvicorn on the address of the settings, in as many processes as they say.

Several share one socket and are kept running by a supervisor of their own, tied to its life: whoever finds the port
free after a kill knows that none is left. Each logs through Django's configuration, and all count together what
/metrics shows.
"""

import os
import signal
import socket
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
import uvicorn

from app.supervisor.address import why_not
from app.supervisor.child import Program
from app.supervisor.console import Console
from app.supervisor.supervise import Supervisor

if TYPE_CHECKING:
    from app.ops.body_limit import Application

GRACEFUL_SECONDS = 5
MOST_BY_DEFAULT = 4
# Connections that wait to be taken; what uvicorn asks for.
BACKLOG = 2048
SHARED = "--socket"
log = structlog.get_logger(__name__)


def main(arguments: list[str]) -> int:
    """Serve until told to stop; open streams get a few seconds to end. `--socket N` is given to one of several."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "app.settings")
    from django.conf import settings

    if arguments[:1] == [SHARED]:
        return serve(socket.socket(fileno=int(arguments[1])))
    try:
        listening = listen(settings.ATTEST_HOST, settings.ATTEST_PORT)
    except OSError as error:
        sys.exit(why_not(error, settings.ATTEST_HOST, settings.ATTEST_PORT))
    processes = settings.ATTEST_WEB_PROCESSES or min(MOST_BY_DEFAULT, os.cpu_count() or 1)
    if processes == 1:
        return serve(listening)
    count_together()
    # They have no state of their own that a rude end could harm, and must free the port when their supervisor is gone.
    command = (sys.executable, "-m", "app.supervisor.web", SHARED, str(listening.fileno()))
    program = Program("web", command, signal.SIGKILL, shared_files=(listening.fileno(),))
    return 0 if Supervisor([program] * processes, Console(names=False)).run() else 1


def listen(host: str, port: int) -> socket.socket:
    """A socket that is bound but takes no connection yet. Raises OSError."""
    family, kind, protocol, _, address = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, kind, protocol)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(address)
    return listening


def serve(listening: socket.socket) -> int:
    server = uvicorn.Server(
        uvicorn.Config(
            "app.supervisor.web:warmed_application",
            factory=True,
            backlog=BACKLOG,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=GRACEFUL_SECONDS,
        )
    )
    server.run(sockets=[listening])
    return 0 if server.started else 1


def count_together() -> None:
    """Give the processes a folder for their metrics, unless they share one with the worker already."""
    from app.telemetry.shared_metrics import begin_anew, is_shared

    if not is_shared:
        os.environ |= begin_anew(Path(tempfile.mkdtemp(prefix="attest-metrics-")))


def warmed_application() -> "Application":
    """The web application; its models are loaded in the background."""
    from app.asgi import application

    threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
    return application


def warm_up() -> None:
    """Load the models now, so that the first question does not wait for them."""
    from app.answers.private_model import prepare
    from app.providers.errors import ProviderError
    from app.providers.registry import get_encoder

    try:
        get_encoder().encode_query("warm up")
    except ProviderError:
        log.warning("encoder_not_ready")
    prepare()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
