#!/usr/bin/env python
"""Attest's command line. A wrong setting or a service that cannot start is one sentence, not a traceback."""

import os
import sys

# Commands that never touch the database, or bring it up by themselves.
WITHOUT_SERVICES = {
    "audit_dependencies", "check", "collectstatic", "help", "--help", "lint_cases", "serve", "settings_table",
    "--version",
}  # fmt: skip


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "app.settings")
    # At a terminal the result and the progress bar speak; log lines are for what goes wrong.
    os.environ.setdefault("ATTEST_LOG_LEVEL", "WARNING")
    from app.embedded.errors import EmbeddedServiceError
    from app.env import ConfigurationError

    try:
        from django.core.management import execute_from_command_line

        if len(sys.argv) > 1 and sys.argv[1] not in WITHOUT_SERVICES:
            from django.conf import settings

            from app.embedded.ensure import ensure_services

            ensure_services(settings.ATTEST_DATA_DIR)
        execute_from_command_line(sys.argv)
    except (ConfigurationError, EmbeddedServiceError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
