"""The page of models: what is used for what, why one is left alone, and a button to use it again."""

import pytest
from django.test import Client
from django.urls import reverse

from app.audit.models import AuditEvent
from app.providers import registry
from app.providers.chat_models import all_models, breaker_of
from app.providers.errors import Misconfigured, Unavailable
from app.providers.named_models import NamedModel, read_models
from app.providers.registry import encoder_breaker
from app.tests.world import make_world

pytestmark = pytest.mark.django_db
TWO = """
[models.large]
base_url = "https://user:hunter2@llm.example.com/v1"
model = "large-instruct"
[models.small]
base_url = "http://10.0.0.7:8000/v1"
model = "small-instruct"
[routes]
answer = ["small", "large"]
answer_hard = ["large", "small"]
rewrite = ["small"]
"""


@pytest.fixture(autouse=True)
def _fresh():
    registry.forget()
    yield
    registry.forget()


@pytest.fixture
def admin():
    client = Client()
    client.force_login(make_world().person("ada"))
    return client


@pytest.fixture
def two_models(settings):
    settings.ATTEST_MODELS = read_models(TWO, NamedModel("", "", ""), has_default=False, secret=lambda _: "")
    return {model.name: breaker_of(model) for model in all_models()}


def seen(admin):
    return admin.get(reverse("models")).content.decode()


def open_(breaker, error):
    for _ in range(breaker.rules.failures_in_a_row):
        breaker.failed(breaker.entered(), 812.0, error)


def test_without_a_language_model_it_says_how_to_have_one(admin):
    page = seen(admin)
    assert "No language model yet" in page
    assert "LLM_BASE_URL" in page
    assert "Inside this product" in page, "the local encoder is there all the same"


def test_it_says_what_each_model_is_for_and_what_happens_without_it(admin, two_models):
    page = seen(admin)
    assert "Answers, rewriting follow-ups, checking sentences; in reserve for hard questions" in page
    assert "Answers are written by large instead." in page
    assert "Not called yet" in page
    assert "llm.example.com" in page
    assert "hunter2" not in page


def test_an_open_circuit_tells_why_and_can_be_closed(admin, two_models):
    open_(two_models["small"], Unavailable("small-instruct: InternalServerError, HTTP 500"))
    page = seen(admin)
    assert "Last error" in page
    assert "It could not be reached" in page
    assert "HTTP 500" in page
    assert "5 failed" in page
    response = admin.post(reverse("model_close"), {"circuit": two_models["small"].name})
    assert response.status_code == 302
    assert "Last error" not in seen(admin)
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.target, event.details) == (
        "circuit_closed", "model:small", {"model": "small-instruct"},
    )  # fmt: skip


def test_a_wrong_key_is_told_as_such(admin, two_models):
    open_(two_models["large"], Misconfigured("large-instruct: AuthenticationError, HTTP 401"))
    assert "the key, the model&#x27;s name or the account is wrong" in seen(admin)


def test_calls_that_went_well_are_counted_with_their_time(admin, two_models):
    for ms in (200.0, 300.0, 400.0):
        two_models["large"].succeeded(two_models["large"].entered(), ms)
    assert "3 calls in the last ten minutes, none failed · first word after 300 ms" in seen(admin)


def test_endpoints_for_embedding_and_reranking_are_there(admin, settings):
    settings.ATTEST_ENCODER_BASE_URL, settings.ATTEST_ENCODER_MODEL = "http://embed.example.com/v1", "bge"
    settings.ATTEST_RERANKER_BASE_URL, settings.ATTEST_RERANKER_MODEL = "http://rank.example.com/v1", "bge-reranker"
    open_(encoder_breaker(), Unavailable("bge: APIConnectionError"))
    page = seen(admin)
    assert "embed.example.com" in page
    assert "rank.example.com" in page
    assert "Search goes on by words alone" in page
    assert "docs/runbooks/embedding.md" in page


def test_the_list_alone_is_asked_for_again_and_again(admin, two_models):
    part = admin.get(reverse("models"), headers={"HX-Request": "true", "HX-Target": "model-list"}).content.decode()
    assert part.startswith('<ul class="model-list"')
    assert "<html" not in part
