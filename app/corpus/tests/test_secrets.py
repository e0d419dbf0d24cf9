"""Secrets of sources: unreadable in the database, readable with the right key, and lost with a sentence."""

import pytest

from app.corpus.secrets import SecretsLost, open_secrets, seal_secrets


def test_what_was_sealed_is_unreadable_and_comes_back():
    sealed = seal_secrets({"token": "s3cr3t-tökén", "empty": ""})
    assert "s3cr3t" not in sealed
    assert open_secrets(sealed) == {"token": "s3cr3t-tökén"}


def test_no_secrets_are_an_empty_text():
    assert seal_secrets({}) == seal_secrets({"password": ""}) == ""
    assert open_secrets("") == {}


def test_a_new_key_in_front_still_opens_what_the_old_one_sealed(settings):
    settings.ATTEST_SECRETS_KEYS = ["old"]
    sealed = seal_secrets({"token": "x"})
    settings.ATTEST_SECRETS_KEYS = ["new", "old"]
    assert open_secrets(sealed) == {"token": "x"}


def test_without_its_key_a_secret_is_lost_and_the_sentence_says_what_to_do(settings):
    settings.ATTEST_SECRETS_KEYS = ["old"]
    sealed = seal_secrets({"token": "x"})
    settings.ATTEST_SECRETS_KEYS = ["new"]
    with pytest.raises(SecretsLost, match="enter the password again"):
        open_secrets(sealed)
