"""The page of models: what is used for what, why one is left alone, a button to use it again, and trials."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import User
from app.audit.models import AuditEvent
from app.providers import registry
from app.providers.chat_models import all_models, breaker_of
from app.providers.errors import Misconfigured, Unavailable
from app.providers.models import ModelActivation
from app.providers.models_in_use import forget_models_in_use
from app.providers.named_models import NamedModel, read_models
from app.providers.registry import encoder_breaker
from app.quality.models import EvaluationRun
from app.quality.passing import made_of_alone
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
    forget_models_in_use()
    yield
    registry.forget()
    forget_models_in_use()


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


@pytest.fixture
def on_trial(settings):
    text = TWO.replace('model = "large-instruct"', 'model = "large-instruct"\ntrial = true')
    settings.ATTEST_MODELS = read_models(text, NamedModel("", "", ""), has_default=False, secret=lambda _: "")
    return settings.ATTEST_MODELS.models["large"]


def measured(named, verdict="passed", **changed):
    made = {"made_of": made_of_alone(named), "cases": 567, "passed": 512, "verdict": verdict} | changed
    return EvaluationRun.objects.create(
        name=f"run-{verdict}", mode="configured", started_at=timezone.now(), compared_with="run-before", **made
    )


def test_a_model_that_was_never_measured_is_told_with_the_command(admin, two_models):
    page = seen(admin)
    assert page.count("Never measured.") == 2
    assert "python manage.py eval_gate --model small" in page


def test_the_last_run_of_a_model_and_its_verdict_are_shown(admin, two_models):
    run = measured(next(each for each in all_models() if each.name == "small"), "failed", passed=401)
    page = seen(admin)
    assert page.count("Never measured.") == 1
    assert f'href="/quality/runs/{run.pk}/"' in page
    assert "401 of 567 cases right" in page
    assert ">failed<" in page


def test_a_model_on_trial_is_shown_with_what_it_would_be_asked_for(admin, on_trial):
    page = seen(admin)
    assert "On trial" in page
    assert (
        "Nothing yet. In use it would be asked for hard questions, answers near a budget; in reserve for answers"
        in page
    )
    assert 'href="/models/large/use/"' in page
    assert "/models/small/use/" not in page, "the operator decided on the others"


def test_a_model_is_put_in_use_on_its_run_and_taken_out_again(admin, on_trial, django_capture_on_commit_callbacks):
    run = measured(on_trial)
    form = admin.get("/models/large/use/").content.decode()
    assert "A run carries it." in form
    assert "without_run" not in form
    with django_capture_on_commit_callbacks(execute=True):
        assert admin.post("/models/large/use/", {"reason": "Better answers."}).url == "/models/"
    page = seen(admin)
    assert "On trial" not in page
    assert "Put in use just now by ada@example.com: Better answers." in page
    assert f'On the run <a class="break" href="/quality/runs/{run.pk}/">run-passed</a>' in page
    assert "Hard questions, answers near a budget; in reserve for answers" in page
    assert admin.get("/models/large/use/").url == "/models/", "it is in use already"

    with django_capture_on_commit_callbacks(execute=True):
        assert admin.post("/models/large/rest/", {"reason": "Too slow."}).url == "/models/"
    page = seen(admin)
    assert "On trial" in page
    assert "Taken out of use just now by ada@example.com: Too slow." in page
    assert admin.get("/models/large/rest/").url == "/models/"
    audited = AuditEvent.objects.filter(target="model:large").order_by("pk").values_list("action", "details__run")
    assert list(audited) == [("model_used", "run-passed"), ("model_taken_out", None)]


def test_without_a_passing_run_a_model_is_not_used_but_with_a_second_reason(admin, on_trial):
    measured(on_trial, "failed")
    form = admin.get("/models/large/use/").content.decode()
    assert "Its newest run failed." in form
    assert "python manage.py eval_gate --model large" in form
    assert "Activate without a passing run" in form
    refused = admin.post("/models/large/use/", {"reason": "Better answers."})
    assert refused.status_code == 422
    assert not ModelActivation.objects.exists()
    said = {"reason": "Better answers.", "without_run": "The other vendor has ended its contract."}
    assert admin.post("/models/large/use/", said).status_code == 302
    page = seen(admin)
    assert "Without a passing run" in page
    assert "The other vendor has ended its contract." in page
    assert AuditEvent.objects.latest("pk").details["without_run"] == said["without_run"]


def test_a_run_of_a_model_that_is_deleted_while_the_form_is_open_carries_nothing(admin, on_trial):
    run = measured(on_trial)
    assert "A run carries it." in admin.get("/models/large/use/").content.decode()
    run.delete()
    assert admin.post("/models/large/use/", {"reason": "Better answers."}).status_code == 422
    assert not ModelActivation.objects.exists()


def test_a_model_that_is_not_on_trial_cannot_be_put_in_or_out_of_use_here(admin, two_models):
    for act in ("use", "rest"):
        assert admin.get(f"/models/small/{act}/").status_code == 404
        assert admin.post(f"/models/none/{act}/", {"reason": "Why not."}).status_code == 404


def test_an_operator_sees_how_models_do_and_can_change_nothing(on_trial):
    breaker = breaker_of(all_models()[0])
    open_(breaker, Unavailable("It is down."))
    operator = Client()
    operator.force_login(User.objects.create_user("olaf@example.com", roles=["operator"]))
    page = seen(operator)
    assert "Left alone" in page
    assert "button" not in page.split('id="model-list"')[1].split("</ul>")[0]
    name = all_models()[0].name
    assert operator.get(reverse("model_use", args=[name])).status_code == 404
    assert operator.post(reverse("model_close"), {"circuit": breaker.name}).status_code == 404
