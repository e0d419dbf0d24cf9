"""A wrong environment stops every command with one sentence; a right one for production has nothing to warn of."""

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
