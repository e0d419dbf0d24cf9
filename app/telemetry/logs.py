"""JSON log lines, one per event, each with the request id that follows a question through every process.

Event names are constants in the calling code and values are fields. No question text, passage or
e-mail address is ever a field; `test_logs` searches the lines of a whole question for them.
"""

import logging
import logging.config
from typing import Any

import structlog

from app.telemetry.error_lines import format_error
from app.telemetry.scrubbing import scrub_line, scrub_report

SHARED_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    format_error,
    scrub_line,
]
QUIET_LOGGERS = (
    "httpx",
    "httpcore",
    "openai",
    "sentence_transformers",
    "pdfminer",
    "paramiko",
    "azure",
    "fsspec",
    "gcsfs",
    "smbprotocol",
    "spnego",
    "smbclient",
    "aiobotocore",
    "botocore",
    "s3fs",
    "google",
    "urllib3",
    "imapclient",
    "webdav4",
    "dulwich",
    "pymysql",
    "sqlalchemy",
    "tldextract",
    "uvicorn.access",
    "asyncio",
)
# It logs what it cannot make out.
SILENT = "presidio-analyzer"
# Its warnings repeat the address that was asked for, which may say anything; our own line has the status.
REFUSALS = "django.request"


def configure(options: dict[str, Any]) -> None:
    """Set up logging for this process; called by Django with settings.LOGGING."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED_PROCESSORS,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "json": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": SHARED_PROCESSORS,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        structlog.processors.JSONRenderer(),
                    ],
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
            "root": {"handlers": ["stderr"], "level": options["level"]},
            "loggers": {name: {"level": "WARNING"} for name in QUIET_LOGGERS}
            | {REFUSALS: {"level": "ERROR"}, SILENT: {"level": "CRITICAL"}},
        }
    )
    if options["sentry_dsn"]:
        start_sentry(options["sentry_dsn"])


def start_sentry(dsn: str) -> None:
    """Report errors to Sentry, without request bodies, user data, local variables, what happened before, or the words
    of errors that are not ours.

    What happened before names addresses that were asked, and the signature of a store may stand in one.
    """
    import sentry_sdk

    sentry_sdk.init(
        dsn=dsn, send_default_pii=False, include_local_variables=False, include_source_context=False,
        max_request_body_size="never", max_breadcrumbs=0, before_send=scrub_report,
        before_send_transaction=scrub_report,
    )  # fmt: skip
