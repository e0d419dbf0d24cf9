"""The web server process: uvicorn on the address of the settings, logging through Django's configuration."""

import os
import threading

import uvicorn

GRACEFUL_SECONDS = 5


def main() -> None:
    """Serve until told to stop; open streams get a few seconds to end."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "app.settings")
    import django
    from django.conf import settings

    django.setup()
    from app.answers.private_model import prepare

    threading.Thread(target=prepare, name="prepare", daemon=True).start()
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


if __name__ == "__main__":
    main()
