"""JSON log lines, one per event, each with the request id that follows a question through every process.

Event names are constants in the calling code and values are fields. No question text, passage or
e-mail address is ever a field; `test_logs` searches the lines of a whole question for them.
"""

import logging
import logging.config
from typing import Any

import structlog

SHARED_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
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
    "uvicorn.access",
    "asyncio",
)
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
            "loggers": {name: {"level": "WARNING"} for name in QUIET_LOGGERS} | {REFUSALS: {"level": "ERROR"}},
        }
    )
    if options["sentry_dsn"]:
        start_sentry(options["sentry_dsn"])


def start_sentry(dsn: str) -> None:
    """Report errors to Sentry, without request bodies, user data, local variables, or what happened before.

    What happened before names addresses that were asked, and the signature of a store may stand in one.
    """
    import sentry_sdk

    sentry_sdk.init(
        dsn=dsn, send_default_pii=False, include_local_variables=False, max_request_body_size="never", max_breadcrumbs=0
    )
