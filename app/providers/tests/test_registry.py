"""The settings decide which models a process has."""

import pytest

from app.providers import registry


@pytest.fixture(autouse=True)
def _anew():
    registry.forget()
    yield
    registry.forget()


def test_nothing_configured_is_the_packaged_encoder_and_nothing_else(settings):
    assert registry.get_encoder().name == "all-MiniLM-L6-v2"
    assert registry.get_encoder() is registry.get_encoder()
    assert registry.get_reranker() is None
    assert registry.get_chat_model() is None


def test_a_chat_endpoint_needs_a_model_name(settings, misbehaving):
    settings.LLM_BASE_URL = misbehaving.url
    assert registry.get_chat_model() is None
    registry.forget()
    settings.LLM_MODEL = "mock-len2"
    assert registry.get_chat_model().name == "mock-len2"


def test_an_encoder_endpoint_replaces_the_local_model(settings, misbehaving):
    settings.ATTEST_ENCODER_BASE_URL = misbehaving.url
    settings.ATTEST_ENCODER_MODEL = "mock-dim16"
    settings.ATTEST_ENCODER_DIMENSIONS = 16
    assert registry.get_encoder().encode_query("hi").shape == (16,)


def test_a_reranker_is_named_by_its_folder(settings):
    settings.ATTEST_RERANKER_MODEL = "/models/ms-marco"
    assert registry.get_reranker().name == "ms-marco"
