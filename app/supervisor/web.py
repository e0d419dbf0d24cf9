"""The web server process: uvicorn on the address of the settings, logging through Django's configuration."""

import os
import threading

import structlog
import uvicorn

GRACEFUL_SECONDS = 5
log = structlog.get_logger(__name__)


def main() -> None:
    """Serve until told to stop; open streams get a few seconds to end."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "app.settings")
    import django
    from django.conf import settings

    django.setup()
    threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
    uvicorn.run(
        "app.asgi:application",
        host=settings.ATTEST_HOST,
        port=settings.ATTEST_PORT,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )


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
