"""Settings that contradict each other are refused with a sentence; a sensible deployment hears nothing."""

import pytest
from django.contrib.auth.hashers import make_password
from django.core.checks import CheckMessage

from app.accounts.models import User
from app.ops.checks import (
    data_is_private,
    hosts_fit_the_mode,
    key_is_a_secret,
    metrics_can_be_read,
    nobody_has_the_samples_password,
    spare_endpoints_have_a_first,
    trusted_origins_fit_the_hosts,
)
from app.ops.sample_company import company


def ids(found: list[CheckMessage]) -> list[str]:
    return [str(each.id) for each in found]


@pytest.mark.parametrize(
    ("debug", "hosts", "https", "expected"),
    [
        (True, ["localhost", "127.0.0.1", "[::1]", "attest.localhost"], False, []),
        (True, ["localhost", "attest.example.com"], True, ["ops.E001"]),
        (True, ["192.168.1.5"], False, ["ops.E001"]),
        (True, ["*"], False, ["ops.E001"]),
        (False, ["attest.example.com"], True, []),
        (False, ["attest.example.com"], False, ["ops.E003"]),
        (False, [".example.com"], False, ["ops.E003"]),
        (False, ["attest.internal", "attest", "192.168.1.5", "localhost"], False, []),
        (False, ["*"], True, ["ops.E002"]),
    ],
)
def test_hosts(settings, debug: bool, hosts: list[str], https: bool, expected: list[str]) -> None:
    settings.DEBUG, settings.ALLOWED_HOSTS, settings.ATTEST_HTTPS = debug, hosts, https
    assert ids(hosts_fit_the_mode()) == expected


@pytest.mark.parametrize("kind", ["ENCODER", "RERANKER"])
def test_a_fallback_endpoint_needs_a_first_one(settings, kind: str) -> None:
    setattr(settings, f"ATTEST_{kind}_FALLBACK_URLS", ["http://spare.example.com/v1"])
    assert ids(spare_endpoints_have_a_first()) == ["ops.E006"]
    setattr(settings, f"ATTEST_{kind}_BASE_URL", "http://first.example.com/v1")
    assert ids(spare_endpoints_have_a_first()) == []


@pytest.mark.parametrize(
    ("origin", "https", "says"),
    [
        ("https://attest.example.com", True, ""),
        ("https://attest.example.com:8443", True, ""),
        ("http://attest.example.com", False, ""),
        ("http://attest.example.com", True, "begins with http://"),
        ("https://other.example.com", True, "is no host of ATTEST_ALLOWED_HOSTS"),
        ("https://attest.example.com.evil.example", True, "is no host of ATTEST_ALLOWED_HOSTS"),
        ("attest.example.com", True, "is no origin"),
        ("https://attest.example.com/attest", True, "is no origin"),
    ],
)
def test_trusted_origins(settings, origin: str, https: bool, says: str) -> None:
    settings.ALLOWED_HOSTS, settings.ATTEST_HTTPS = ["attest.example.com"], https
    settings.CSRF_TRUSTED_ORIGINS = [origin]
    found = trusted_origins_fit_the_hosts()
    assert says in found[0].msg if says else found == [], found


@pytest.mark.parametrize(
    ("key", "is_refused"),
    [
        ("only-for-development-" + "x" * 40, True),
        ("django-insecure-0123456789abcdefghijklmnopqrstuvwxyzABCDEF", True),
        ("x" * 60, True),
        ("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", False),
    ],
)
def test_keys(settings, key: str, is_refused: bool) -> None:
    settings.SECRET_KEY = key
    assert bool(key_is_a_secret()) == is_refused
    settings.DEBUG = True
    assert key_is_a_secret() == []


@pytest.mark.parametrize(("mode", "expected"), [(0o700, []), (0o750, []), (0o755, ["ops.W001"]), (0o757, ["ops.W001"])])
def test_the_data_folder_is_private(settings, tmp_path, mode: int, expected: list[str]) -> None:
    settings.ATTEST_DATA_DIR = tmp_path / "data"
    assert data_is_private() == []
    settings.ATTEST_DATA_DIR.mkdir()
    settings.ATTEST_DATA_DIR.chmod(mode)
    assert ids(data_is_private()) == expected


@pytest.mark.parametrize(
    ("host", "token", "expected"),
    [("127.0.0.1", "", []), ("0.0.0.0", "", ["ops.W002"]), ("0.0.0.0", "t", [])],  # noqa: S104
)
def test_metrics(settings, host: str, token: str, expected: list[str]) -> None:
    settings.ATTEST_HOST, settings.ATTEST_METRICS_TOKEN = host, token
    assert ids(metrics_can_be_read()) == expected


def test_the_samples_password(db, settings) -> None:
    email, password = company()["account"][0]["email"], company()["accounts"]["password"]
    user = User.objects.create(email=email, password=make_password(password))
    assert ids(nobody_has_the_samples_password()) == ["ops.W003"]
    settings.DEBUG = True
    assert nobody_has_the_samples_password() == []
    settings.DEBUG = False
    user.set_password("another long password")
    user.save()
    assert nobody_has_the_samples_password() == []
    assert user.check_password("another long password")
