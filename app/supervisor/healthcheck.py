"""Asks the web server of this container whether it is alive: `python -m app.supervisor.healthcheck`."""

import http.client
import sys

from app.env import env
from app.supervisor.address import ask, probe_headers


def main() -> int:
    """Ask /healthz once."""
    headers = probe_headers(env.list("ATTEST_ALLOWED_HOSTS"), https=env.bool("ATTEST_HTTPS", False))
    try:
        status, said = ask("127.0.0.1", env.int("ATTEST_PORT", 8000), "/healthz", headers)
    except (OSError, http.client.HTTPException) as error:
        status, said = 0, str(error)
    sys.stdout.write(f"{status} {said}\n")
    return 0 if status == http.client.OK else 1


if __name__ == "__main__":
    sys.exit(main())
