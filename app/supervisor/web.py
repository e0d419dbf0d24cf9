"""The web server: uvicorn on the address of the settings, in as many processes as they say.

Each of them logs through Django's configuration, and all count together what /metrics shows.
"""

import os
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
import uvicorn

if TYPE_CHECKING:
    from app.ops.body_limit import Application

GRACEFUL_SECONDS = 5
MOST_BY_DEFAULT = 4
# A process that loads its models answers nobody for a while.
SILENT_SECONDS = 60
log = structlog.get_logger(__name__)


def main() -> None:
    """Serve until told to stop; open streams get a few seconds to end."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "app.settings")
    from django.conf import settings

    processes = settings.ATTEST_WEB_PROCESSES or min(MOST_BY_DEFAULT, os.cpu_count() or 1)
    if processes > 1:
        count_together()
    uvicorn.run(
        "app.supervisor.web:warmed_application",
        factory=True,
        workers=processes,
        host=settings.ATTEST_HOST,
        port=settings.ATTEST_PORT,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
        timeout_worker_healthcheck=SILENT_SECONDS,
    )


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
    main()
