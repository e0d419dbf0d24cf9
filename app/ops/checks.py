"""Refuses settings that contradict each other or would leave a door open, and warns before a deployment."""

import stat
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError
from django.http.request import validate_host

from app.accounts.models import User
from app.ops.sample_company import company
from app.safety.hosts import is_external

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "[::1]", "testserver"})
# How a key begins that stands in this repository.
KNOWN_KEYS = ("only-for-development-", "django-insecure-")
FEWEST_CHARACTERS = 10


@register(Tags.security)
def hosts_fit_the_mode(**about: Any) -> list[CheckMessage]:
    """Helpful error pages show settings and code, so they stay on this machine."""
    hosts = [host for host in settings.ALLOWED_HOSTS if not _is_here(host)]
    found: list[CheckMessage] = []
    if settings.DEBUG and hosts:
        found.append(
            Error(
                f"DEBUG is on, but ATTEST_ALLOWED_HOSTS has {', '.join(hosts)}: whoever reaches that name would see "
                "error pages with code and settings, and sign in as somebody of the sample company.",
                hint="Set DEBUG=false, or take the name out of ATTEST_ALLOWED_HOSTS.",
                id="ops.E001",
            )
        )
    if not settings.DEBUG and "*" in settings.ALLOWED_HOSTS:
        found.append(
            Error(
                "ATTEST_ALLOWED_HOSTS is *: a made-up host name would end up in links and sign-on addresses.",
                hint="Name the host that people type, such as attest.example.com.",
                id="ops.E002",
            )
        )
    public = [host for host in hosts if host != "*" and is_external(f"https://{host.lstrip('.')}")]
    if not settings.DEBUG and public and not settings.ATTEST_HTTPS:
        found.append(
            Error(
                f"ATTEST_HTTPS is off, but ATTEST_ALLOWED_HOSTS has the public name {public[0]}: passwords and "
                "sessions would travel in the open.",
                hint="Put a proxy with HTTPS in front (deploy/nginx.conf) and set ATTEST_HTTPS=true.",
                id="ops.E003",
            )
        )
    return found


@register(Tags.security)
def trusted_origins_fit_the_hosts(**about: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for origin in settings.CSRF_TRUSTED_ORIGINS:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
            text, hint = "is no origin", "Write it like https://attest.example.com, without a path."
        elif not validate_host(parts.hostname.replace("*", "any"), settings.ALLOWED_HOSTS):
            text, hint = "is no host of ATTEST_ALLOWED_HOSTS", "Add its host there, or take the origin out."
        elif settings.ATTEST_HTTPS and parts.scheme == "http":
            text, hint = "begins with http:// while ATTEST_HTTPS is on", "Write it with https://."
        else:
            continue
        found.append(Error(f"ATTEST_TRUSTED_ORIGINS has {origin}, which {text}.", hint=hint, id="ops.E004"))
    return found


@register
def spare_endpoints_have_a_first(**about: Any) -> list[CheckMessage]:
    """A fallback of nothing would never be asked: the local model answers."""
    found: list[CheckMessage] = []
    for kind in ("ENCODER", "RERANKER"):
        if getattr(settings, f"ATTEST_{kind}_FALLBACK_URLS") and not getattr(settings, f"ATTEST_{kind}_BASE_URL"):
            found.append(
                Error(
                    f"ATTEST_{kind}_FALLBACK_URLS is set, but ATTEST_{kind}_BASE_URL is not: none would be asked.",
                    hint=f"Put the first of them into ATTEST_{kind}_BASE_URL.",
                    id="ops.E006",
                )
            )
    return found


@register(Tags.security)
def key_is_a_secret(**about: Any) -> list[CheckMessage]:
    key = settings.SECRET_KEY
    if settings.DEBUG or not (key.startswith(KNOWN_KEYS) or len(set(key)) < FEWEST_CHARACTERS):
        return []
    return [
        Error(
            "SECRET_KEY can be guessed: whoever knows it can sign in as anybody.",
            hint="Make one of 50 or more random characters, for instance with openssl rand -base64 48.",
            id="ops.E005",
        )
    ]


@register(deploy=True)
def data_is_private(**about: Any) -> list[CheckMessage]:
    """Originals, exports and the embedded database lie there. A folder that is not there yet is made private."""
    folder = Path(settings.ATTEST_DATA_DIR)
    try:
        mode = stat.S_IMODE(folder.stat().st_mode)
    except OSError:
        return []
    if not mode & (stat.S_IROTH | stat.S_IWOTH):
        return []
    return [
        Warning(
            f"Every account of this machine may read {folder}, where originals and exports lie.",
            hint=f"Run chmod 750 {folder}",
            id="ops.W001",
        )
    ]


@register(deploy=True)
def metrics_can_be_read(**about: Any) -> list[CheckMessage]:
    if settings.ATTEST_METRICS_TOKEN or settings.ATTEST_HOST in LOOPBACK:
        return []
    return [
        Warning(
            f"The web server listens on {settings.ATTEST_HOST} and ATTEST_METRICS_TOKEN is empty: no monitoring system "
            "can read /metrics from elsewhere.",
            hint="Set ATTEST_METRICS_TOKEN to a long random text, and let your monitoring system send it.",
            id="ops.W002",
        )
    ]


@register(deploy=True)
def nobody_has_the_samples_password(**about: Any) -> list[CheckMessage]:
    """Nothing where the database is not there: other checks tell that."""
    if settings.DEBUG or not settings.DATABASE_URL:
        return []
    try:
        known = [account["email"] for account in company()["account"]]
        password = company()["accounts"]["password"]
        found = [user.email for user in User.objects.filter(email__in=known, is_active=True) if opens(user, password)]
    except DatabaseError:
        return []
    if not found:
        return []
    return [
        Warning(
            f"{', '.join(sorted(found))} can sign in with the sample company's password, which everybody can look up.",
            hint="Close these accounts on the page People, or give them passwords with manage.py set_password.",
            id="ops.W003",
        )
    ]


def opens(user: User, password: str) -> bool:
    """Without the hash being written anew, as signing in would do."""
    return check_password(password, user.password)


def _is_here(host: str) -> bool:
    return host.lower() in LOOPBACK or host.lower().endswith(".localhost")
