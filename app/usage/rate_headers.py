"""What a program is told of its limits: Retry-After (RFC 9110), RateLimit fields, and the older X-RateLimit ones.

RateLimit and RateLimit-Policy are those of draft-ietf-httpapi-ratelimit-headers: q the quota, w the window in
seconds, r what remains, t the seconds until more does.
"""

from collections.abc import Sequence

from app.usage.admission import TooMany, Window


def headers_of(windows: Sequence[Window]) -> dict[str, str]:
    """Of every window; the older fields know only one, the window with the least left."""
    if not windows:
        return {}
    tightest = min(windows, key=lambda each: (each.left, -each.reset_s))
    named = list(zip(names_of(windows), windows, strict=True))
    return {
        "RateLimit-Policy": ", ".join(f'"{name}";q={each.limit.amount};w={each.limit.seconds}' for name, each in named),
        "RateLimit": ", ".join(f'"{name}";r={each.left};t={each.reset_s}' for name, each in named),
        "X-RateLimit-Limit": str(tightest.limit.amount),
        "X-RateLimit-Remaining": str(tightest.left),
        "X-RateLimit-Reset": str(tightest.reset_s),
    }


def refusal_headers(refusal: TooMany) -> dict[str, str]:
    return headers_of(refusal.windows) | {"Retry-After": str(refusal.retry_after_s)}


def names_of(windows: Sequence[Window]) -> list[str]:
    """ "user", "group", "everyone"; further limits of the same scope with a number. Never the name of a group."""
    names: list[str] = []
    for each in windows:
        before = sum(name.partition("-")[0] == each.limit.scope for name in names)
        names.append(f"{each.limit.scope}-{before + 1}" if before else each.limit.scope)
    return names
