"""Takes personal data out of what leaves as a log line or an error report.

Whoever knows how to recognise it stands above this layer and registers at startup; until then nothing is changed.
"""

from collections.abc import Callable, Mapping
from typing import Any

Scrub = Callable[[str], str]

_scrubs: list[Scrub] = []
_DEEPEST = 12
# What our own code says at each event; everything else in an event may come from anywhere.
OURS = frozenset({"level", "logger", "timestamp", "request_id"})


def register(scrub: Scrub) -> None:
    """Have `scrub` look at every text; twice is once."""
    if scrub not in _scrubs:
        _scrubs.append(scrub)


def scrubbed(value: Any, depth: int = 0) -> Any:
    """`value` with the texts in it scrubbed, in lists and dictionaries too."""
    if isinstance(value, str):
        for scrub in _scrubs:
            value = scrub(value)
        return value
    if depth > _DEEPEST:
        return "[removed]"
    if isinstance(value, Mapping):
        return {key: scrubbed(each, depth + 1) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [scrubbed(each, depth + 1) for each in value]
    return value


def scrub_line(_: Any, __: str, line: Mapping[str, Any]) -> dict[str, Any]:
    """A structlog processor."""
    return {key: value if key in OURS else scrubbed(value) for key, value in line.items()}


def scrub_report(report: Any, _: Any = None) -> Any:
    """For Sentry: without the words of errors that are not ours and without the request's words."""
    for error in (report.get("exception") or {}).get("values") or []:
        if not is_ours(str(error.get("module") or "")):
            error["value"] = ""
    request = report.get("request") or {}
    for part in ("query_string", "data", "cookies", "headers", "env"):
        request.pop(part, None)
    if "url" in request:
        request["url"] = str(request["url"]).partition("?")[0]
    report.pop("user", None)
    return scrubbed(report)


def is_ours(module: str) -> bool:
    """Whether an error of that module says only what we wrote: others quote rows, addresses and texts."""
    return module.partition(".")[0] in {"app", "ingestion", "retrieval", "evals"}
