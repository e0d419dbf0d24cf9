"""What is not in use yet is run beside production, compared with what is, and the run keeps the verdict."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from app.accounts.models import User
from app.prompts.activation import current_activation, write_version
from app.prompts.active import forget_active_prompts
from app.prompts.models import PromptActivation, PromptVersion
from app.prompts.shipped import newest_shipped, shipped
from app.providers.chat_models import chat_models
from app.providers.models import ModelActivation
from app.providers.models_in_use import forget_models_in_use
from app.providers.named_models import NamedModel, read_models
from app.providers.tests.misbehaving_server import MisbehavingServer
from app.quality.models import EvaluationRun
from app.quality.passing import standing_of_model, standing_of_prompt
from evals.gate import baseline as accepted
from evals.runner import files
from evals.runner.modes import Mode
from evals.runner.tried import NotThere, read_tried
from evals.tests.small_company import elsewhere, said, small_company

__all__ = ["elsewhere", "small_company"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
TWO = """
[models.old]
base_url = "{url}"
model = "mock-cite"
[models.new]
base_url = "{url}"
model = "mock-read"
trial = true
[routes]
answer = ["new", "old"]
"""


@pytest.fixture(autouse=True)
def _forget():
    yield
    forget_active_prompts()
    forget_models_in_use()


@pytest.fixture
def server():
    with MisbehavingServer() as server:
        yield server


@pytest.fixture
def models(server, settings):
    text = TWO.format(url=server.url)
    settings.ATTEST_MODELS = read_models(text, NamedModel("", "", ""), has_default=False, secret=lambda _: "")
    return settings.ATTEST_MODELS.models


@pytest.fixture
def version():
    ada = User.objects.create_user("ada@example.com")
    text = newest_shipped("answer").text.replace("as briefly as the question allows", "in at most three sentences")
    return write_version("answer", text=text, reason="Shorter.", author=ada)


def gated(**options):
    """What the gate says; its failing is no error here."""
    out = StringIO()
    try:
        call_command("eval_gate", stdout=out, **options)
    except CommandError as error:
        out.write(str(error))
    return out.getvalue()


def test_a_model_on_trial_is_compared_with_what_is_in_use_which_is_run_first_and_once(models):
    told = gated(model="new")
    assert "No run tells yet how good the answers are with what is in use" in told
    candidate, in_use = EvaluationRun.objects.order_by("-pk")
    assert (in_use.verdict, in_use.made_of["model"]) == ("not_compared", models["old"].version)
    assert in_use.model == "mock-cite"
    assert (candidate.made_of["model"], candidate.model) == (models["new"].version, "mock-read")
    assert candidate.verdict == ("failed" if "FAILED" in told else "passed")
    assert candidate.compared_with == in_use.name
    assert set(candidate.evidence) >= {"reasons", "broke", "mended", "changed"}
    assert f"against {in_use.name} (what is in use)" in told
    assert "model" in candidate.evidence["changed"]
    assert [each.name for each in chat_models("answer")] == ["old"], "nothing of production changed"
    assert not ModelActivation.objects.exists()
    assert (standing_of_model(models["new"]).run == candidate) is (candidate.verdict == "passed")

    again = gated(model="new")
    assert "No run tells yet" not in again
    assert EvaluationRun.objects.count() == 3


def test_a_stored_prompt_is_tried_in_both_modes_with_a_model_and_only_in_the_copy(models, version):
    before, activations = current_activation("answer"), PromptActivation.objects.count()
    for mode in ("scripted", "configured"):
        report = json.loads(said("evaluate", "--json", mode=mode, prompt=[f"answer={version.short_hash}"]))
        run = EvaluationRun.objects.get(name=report["run"])
        assert run.made_of["prompt “answer”"] == str(version)
        assert {each["prompt_version"] for each in run.results.values_list("details", flat=True)} == {str(version)}
    assert current_activation("answer") == before
    assert PromptActivation.objects.count() == activations
    assert standing_of_prompt(version).said.startswith("It was run, but the run was not compared")


def test_what_an_admin_put_in_use_is_what_a_run_uses(models):
    oldest = PromptVersion.objects.get(name="answer", hash=shipped("answer")[0].hash)
    kind = PromptActivation.Kind.ACTIVATED
    PromptActivation.objects.create(version=oldest, kind=kind, actor_label="ada", reason="Nicer.", run="run-1")
    ModelActivation.objects.create(
        name="new", version=models["new"].version, model="mock-read", kind="used", run="run-1", actor_label="ada",
        reason="Better.",
    )  # fmt: skip
    report = json.loads(said("evaluate", "--json", mode="configured"))
    made = EvaluationRun.objects.get(name=report["run"]).made_of
    assert made["prompt “answer”"] == str(oldest)
    assert made["model"] == f"{models['new'].version} → {models['old'].version}"


def test_a_first_model_is_compared_with_quoted_answers(models, settings):
    settings.ATTEST_MODELS = type(settings.ATTEST_MODELS)({"new": models["new"]}, {})
    gated(model="new")
    candidate, in_use = EvaluationRun.objects.order_by("-pk")
    assert (in_use.mode, candidate.mode, candidate.compared_with) == ("extractive", "configured", in_use.name)


def test_an_accepted_baseline_of_the_configured_model_goes_before_a_run_of_what_is_in_use(models):
    report = json.loads(said("evaluate", "--json", model="old"))
    said("accept_baseline", reason="The first with a model.", run=[report["run"]])
    told = gated(model="new")
    assert "against the baseline" in told
    candidate = EvaluationRun.objects.latest("pk")
    assert candidate.compared_with.startswith("the baseline accepted on 20")
    assert EvaluationRun.objects.count() == 2


def test_the_usual_gate_keeps_its_verdict_with_the_run():
    report = json.loads(said("evaluate", "--json", mode="extractive"))
    said("accept_baseline", reason="The first baseline of all.", run=[report["run"]])
    gated(mode=["extractive"])
    assert EvaluationRun.objects.latest("pk").verdict == "passed"
    better = accepted.read_baseline()
    for each in better.cases["extractive"].values():
        object.__setattr__(each, "digest", "00000000")
    better.tolerated = {}
    accepted.write_baseline(better)
    gated(mode=["extractive"])
    assert EvaluationRun.objects.latest("pk").evidence["broke"] == []


def test_a_run_that_tried_something_is_gone_on_with_as_it_was_begun(models, version):
    report = json.loads(said("evaluate", "--json", model="new", prompt=[f"answer={version.short_hash}"]))
    run = files.read_run(report["run"])
    assert run.tried == {"prompts": {"answer": version.hash}, "model": "new"}
    (run.folder / files.RESULTS).write_text("")
    assert run.name in said("evaluate", resume=run.name)
    assert EvaluationRun.objects.get().made_of == run.made_of


@pytest.mark.parametrize(
    ("prompts", "model", "mode", "words"),
    [
        (["answer=zzzzzz"], "", Mode.CONFIGURED, "There is no text zzzzzz of the prompt “answer”"),
        (["answer=1a"], "", Mode.CONFIGURED, "write NAME=HASH"),
        (["reply=1a2b3c4d"], "", Mode.CONFIGURED, "“reply=1a2b3c4d” names no text"),
        ([], "none", Mode.CONFIGURED, "There is no model none; those that are configured are old, new."),
        ([], "new", Mode.SCRIPTED, "A model is tried with --mode configured"),
    ],
)
def test_what_cannot_be_tried_is_said(models, prompts, model, mode, words):
    with pytest.raises(NotThere) as caught:
        read_tried(prompts, model, mode)
    assert words in str(caught.value)


def test_a_prompt_that_a_mode_does_not_read_cannot_be_tried_in_it(models):
    judge = newest_shipped("judge").hash[:8]
    assert read_tried([f"judge={judge}"], "", Mode.CONFIGURED).prompts
    with pytest.raises(CommandError, match="No answer in mode scripted depends on the prompt “judge”"):
        call_command("evaluate", mode="scripted", prompt=[f"judge={judge}"])
    with pytest.raises(CommandError, match="Quoted answers are written by no prompt"):
        call_command("eval_gate", mode=["extractive"], prompt=[f"judge={judge}"])
