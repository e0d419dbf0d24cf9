"""A wrong environment stops every command with one sentence; a right one for production has nothing to warn of."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("ATTEST_", "LLM_", "DATABASE_URL", "VALKEY_URL", "SENTRY_DSN", "SECRET_KEY", "DEBUG", "DJANGO_")
LONG_KEY = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-"


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`manage.py` with nothing of this process's own settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env=clean | environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"ATTEST_PORT": "99999"}, 'ATTEST_PORT is "99999", but it must be between 1 and 65535.'),
        ({"DEBUG": "perhaps"}, 'DEBUG is "perhaps", but it must be true or false.'),
        ({"DEBUG": "false"}, "SECRET_KEY must have 50 or more random characters when DEBUG is off."),
        (
            {"DEBUG": "false", "SECRET_KEY": "too-short-but-secret"},
            "SECRET_KEY must have 50 or more random characters when DEBUG is off.",
        ),
        (
            {"ATTEST_LIMITS": "20/m/user, 5/x"},
            'ATTEST_LIMITS has "5/x", but a limit must be written like 20/m/user, 200/h/group:finance, 2000/h or '
            "3/at-once/user; off alone means that there is none.",
        ),
        ({"ATTEST_PROT": "8001"}, "ATTEST_PROT is not a setting; did you mean ATTEST_PORT?"),
        (
            {"DATABASE_URL": "mysql://attest:hunter2@db/attest"},
            "DATABASE_URL has a value, but it must be an address that starts with postgresql:// or postgres://.",
        ),
        (
            {"LLM_API_KEY": "k", "LLM_API_KEY_FILE": "/k"},
            "LLM_API_KEY and LLM_API_KEY_FILE are both set; set only one of them.",
        ),
        (
            {"ATTEST_LOG_LEVEL": "loud"},
            'ATTEST_LOG_LEVEL is "loud", but it must be one of DEBUG, INFO, WARNING, ERROR.',
        ),
        (
            {"LLM_MAX_TOKENS": "900", "LLM_CONTEXT_TOKENS": "1000"},
            "LLM_MAX_TOKENS is 900, more than half of LLM_CONTEXT_TOKENS (1000): too little would be left"
            " for documents. "
            "Lower the one, or raise the other to what the model reads at once.",
        ),
        (
            {"ATTEST_AUDIT_FORWARD": "syslog://logs.example.com"},
            "ATTEST_AUDIT_FORWARD has a value, but it must be an address that starts with https:// or http:// or"
            " syslog+tls:// or syslog+tcp:// or syslog+udp://.",
        ),
        (
            {"ATTEST_AUDIT_FORWARD": "syslog+tcp://logs", "ATTEST_AUDIT_FORWARD_TOKEN": "t"},
            "ATTEST_AUDIT_FORWARD_TOKEN and ATTEST_AUDIT_FORWARD_HMAC_KEY need an ATTEST_AUDIT_FORWARD that starts with"
            " https:// or http://: syslog knows neither.",
        ),
        (
            {"ATTEST_AUDIT_FORWARD_CA": "/no/such/file"},
            'ATTEST_AUDIT_FORWARD_CA is "/no/such/file", but there is no such file.',
        ),
        (
            {"ATTEST_AUDIT_DAYS": "7"},
            "ATTEST_AUDIT_DAYS is 7, but the database keeps entries of the audit log for 30 days at least. Give 30 or"
            " more, or 0 for ever.",
        ),
        (
            {"ATTEST_AUDIT_QUESTIONS": "some"},
            'ATTEST_AUDIT_QUESTIONS is "some", but it must be one of none, text.',
        ),
        (
            {"ATTEST_REVIEW_SHARE": "120"},
            'ATTEST_REVIEW_SHARE is "120", but it must be between 0 and 100.',
        ),
        ({"LLM_TOKENIZER": "/no/such.json"}, 'LLM_TOKENIZER is "/no/such.json", but there is no such file.'),
        (
            {"LLM_TOKENIZER": str(ROOT / "LICENSE")},
            f"LLM_TOKENIZER names {ROOT / 'LICENSE'}, which cannot be read as a tokenizer.json.",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_a_wrong_value_stops_the_start_with_one_sentence_that_names_it(environment, sentence):
    ended = manage("check", **environment)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.strip() == sentence
    assert "hunter2" not in ended.stderr


def test_a_production_environment_passes_every_deployment_check(tmp_path):
    (tmp_path / "key").write_text(LONG_KEY + "\n")
    ended = manage(
        "check", "--deploy", "--fail-level", "INFO",
        DEBUG="false", SECRET_KEY_FILE=str(tmp_path / "key"), ATTEST_HTTPS="true",
        ATTEST_ALLOWED_HOSTS="attest.example.com", ATTEST_TRUSTED_ORIGINS="https://attest.example.com",
        ATTEST_DATA_DIR=str(tmp_path / "data"),
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert "no issues" in ended.stdout
    assert not (tmp_path / "data").exists()


def test_the_product_starts_without_what_only_developers_install():
    """Type checkers' plug-ins patch Django at run time; nothing here may lean on that."""
    ended = manage("check")
    assert ended.returncode == 0, ended.stderr


PRODUCTION = {
    "DEBUG": "false", "SECRET_KEY": LONG_KEY, "ATTEST_HTTPS": "true", "ATTEST_ALLOWED_HOSTS": "attest.example.com",
    "ATTEST_TRUSTED_ORIGINS": "https://attest.example.com",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "check_id"),
    [
        ({"DEBUG": "true"}, "ops.E001"),
        ({"ATTEST_ALLOWED_HOSTS": "*"}, "ops.E002"),
        ({"ATTEST_HTTPS": "false"}, "ops.E003"),
        ({"ATTEST_TRUSTED_ORIGINS": "https://other.example.com"}, "ops.E004"),
        ({"SECRET_KEY": "x" * 60}, "ops.E005"),
        ({"ATTEST_LOCAL_ACCOUNTS": "false"}, "accounts.E001"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_settings_that_contradict_each_other_are_refused(tmp_path, changed, check_id):
    ended = manage("check", **PRODUCTION | {"ATTEST_DATA_DIR": str(tmp_path / "data")} | changed)
    assert ended.returncode == 1
    assert f"({check_id})" in ended.stderr
    assert "HINT" in ended.stderr


def test_under_https_cookies_are_of_this_host_alone(tmp_path):
    """And browsers are told to come by HTTPS for a year."""
    script = (
        "import json, django; django.setup(); from django.conf import settings as s; from django.test import Client;"
        "names = ('SESSION_COOKIE_NAME', 'CSRF_COOKIE_NAME', 'SESSION_COOKIE_SECURE', 'CSRF_COOKIE_SECURE',"
        " 'SESSION_COOKIE_HTTPONLY', 'CSRF_COOKIE_HTTPONLY', 'SESSION_COOKIE_SAMESITE', 'SESSION_COOKIE_DOMAIN',"
        " 'SESSION_COOKIE_PATH', 'SESSION_COOKIE_AGE');"
        "reply = Client(headers={'host': 'attest.example.com'}).get('/healthz', secure=True);"
        "plain = Client(headers={'host': 'attest.example.com'}).get('/accounts/login/');"
        "print('RESULT' + json.dumps([{name: getattr(s, name) for name in names}, dict(reply.headers),"
        " plain.headers['Location']]))"
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    environment = PRODUCTION | {
        "DJANGO_SETTINGS_MODULE": "app.settings", "ATTEST_DATA_DIR": str(tmp_path), "ATTEST_SESSION_HOURS": "8",
    }  # fmt: skip
    (tmp_path / "static").mkdir()
    ended = subprocess.run(
        [sys.executable, "-c", script], env=clean | environment, cwd=ROOT, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    said, headers, to = json.loads(ended.stdout.split("RESULT")[1])
    assert said == {
        "SESSION_COOKIE_NAME": "__Host-attest-session", "CSRF_COOKIE_NAME": "__Host-attest-csrf",
        "SESSION_COOKIE_SECURE": True, "CSRF_COOKIE_SECURE": True, "SESSION_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_HTTPONLY": True, "SESSION_COOKIE_SAMESITE": "Lax", "SESSION_COOKIE_DOMAIN": None,
        "SESSION_COOKIE_PATH": "/", "SESSION_COOKIE_AGE": 8 * 3600,
    }  # fmt: skip
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert to == "https://attest.example.com/accounts/login/"
