"""Which evaluation run lets a prompt or a model be put in use, and what is said where none does."""

from datetime import timedelta

import pytest
from django.core.checks import run_checks
from django.db import IntegrityError, transaction
from django.utils import timezone

from app.accounts.models import User
from app.audit.models import AuditEvent
from app.prompts.activation import current_activation, write_version
from app.prompts.active import forget_active_prompts
from app.providers.chat_models import chat_models
from app.providers.models import ModelActivation
from app.providers.models_in_use import forget_models_in_use, load_models_in_use, refresh_models_in_use
from app.providers.named_models import NamedModel, read_models
from app.quality.activating import NoPassingRun, activate_prompt, use_model
from app.quality.made_of import made_of
from app.quality.models import EvaluationRun
from app.quality.passing import last_run_of, made_of_alone, standing_of_model, standing_of_prompt

pytestmark = pytest.mark.django_db
TEXT = "Use {frame}. Reply NOT_FOUND where nothing fits.\n"
TWO = """
[models.old]
base_url = "http://10.0.0.7:8000/v1"
model = "old-instruct"
[models.new]
base_url = "http://10.0.0.8:8000/v1"
model = "new-instruct"
trial = true
[routes]
answer = ["new", "old"]
rewrite = ["new"]
"""
PASSED, FAILED, NOT_COMPARED = EvaluationRun.Verdict.PASSED, EvaluationRun.Verdict.FAILED, "not_compared"


@pytest.fixture(autouse=True)
def _nothing_loaded():
    forget_active_prompts()
    forget_models_in_use()
    yield
    forget_active_prompts()
    forget_models_in_use()


@pytest.fixture(autouse=True)
def models(settings):
    settings.ATTEST_MODELS = read_models(TWO, NamedModel("", "", ""), has_default=False, secret=lambda _: "")
    return settings.ATTEST_MODELS.models


@pytest.fixture
def ada():
    return User.objects.create_user("ada@example.com")


@pytest.fixture
def version(ada):
    return write_version("answer", text=TEXT, reason="Shorter.", author=ada)


def run(made, verdict=PASSED, **changed):
    said = {
        "name": f"run-{EvaluationRun.objects.count()}", "mode": "configured", "cases": 567, "passed": 500,
        "made_of": made, "verdict": verdict, "started_at": timezone.now(),
        "compared_with": "" if verdict == NOT_COMPARED else "the baseline accepted on 2026-11-23",
    } | changed  # fmt: skip
    return EvaluationRun.objects.create(**said)


def with_text(version):
    return made_of(with_models=True) | {"prompt “answer”": str(version)}


def test_a_whole_passing_run_of_this_text_with_all_that_is_in_use_carries_it(version):
    made = run(with_text(version))
    standing = standing_of_prompt(version)
    assert (standing.run, standing.said, standing.may_go_on) == (made, "", True)
    assert standing.command == f"python manage.py eval_gate --prompt answer={version.short_hash}"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"verdict": FAILED}, "Its newest run failed."),
        ({"verdict": NOT_COMPARED}, "It was run, but the run was not compared with anything"),
        ({"filters": {"tags": ["typo"]}}, "No run over all cases has measured it yet."),
        ({"filters": {"living": True}}, "No run over all cases has measured it yet."),
        ({"mode": "scripted"}, "No run over all cases has measured it yet."),
        ({"started_at": timezone.now() - timedelta(days=31)}, "Its passing run is more than 30 days old."),
    ],
)
def test_any_other_run_does_not_and_it_is_said_why(version, changed, said):
    made = changed.pop("verdict", PASSED)
    run(with_text(version), made, **changed)
    standing = standing_of_prompt(version)
    assert standing.run is None
    assert not standing.may_go_on
    assert said in standing.said


def test_a_run_with_another_model_or_another_text_does_not_carry_it(version):
    run(with_text(version) | {"model": "other@12345678"})
    assert standing_of_prompt(version).said == "It was run with something else than would be in use: model."
    EvaluationRun.objects.all().delete()
    run(made_of(with_models=True))
    assert standing_of_prompt(version).said == "No run over all cases has measured it yet."


@pytest.mark.parametrize(
    ("name", "value"),
    [("ATTEST_UNSUPPORTED", "mark"), ("ATTEST_INJECTION_POLICY", "off"), ("LLM_MAX_TOKENS", 300)],
)
def test_a_run_under_other_settings_does_not_carry_it(version, settings, name, value):
    run(with_text(version))
    assert standing_of_prompt(version).run is not None
    setattr(settings, name, value)
    assert standing_of_prompt(version).said == f"It was run with something else than would be in use: {name}."


def test_the_newest_run_decides(version):
    run(with_text(version), started_at=timezone.now() - timedelta(hours=2))
    run(with_text(version), FAILED, started_at=timezone.now() - timedelta(hours=1))
    assert standing_of_prompt(version).run is None
    again = run(with_text(version))
    assert standing_of_prompt(version).run == again


def test_where_no_model_is_in_use_no_run_is_demanded_and_it_is_said(version, settings, ada):
    settings.ATTEST_MODELS = read_models("", NamedModel("", "", ""), has_default=False, secret=lambda _: "")
    standing = standing_of_prompt(version)
    assert standing.may_go_on
    assert "No language model is in use" in standing.said
    assert activate_prompt(version, reason="Try.", actor=ada).without_run == standing.said


def test_the_rubric_of_the_judge_needs_no_run(ada):
    grade = write_version(
        "grade", text="{frame} correct grounded complete cited safe outcome\n", reason="Shorter.", author=ada
    )
    assert standing_of_prompt(grade).may_go_on


def test_activating_keeps_the_run_it_rests_on_and_audits_it(version, ada):
    made = run(with_text(version))
    activation = activate_prompt(version, reason="Better.", actor=ada, without_run="Not needed after all.")
    assert (activation.run, activation.without_run) == (made.name, "")
    assert AuditEvent.objects.latest("pk").details["run"] == made.name
    made.delete()
    assert current_activation("answer").run == made.name, "the activation remembers a run that is gone"


def test_without_a_run_a_reason_is_demanded_and_audited(version, ada):
    with pytest.raises(NoPassingRun, match="eval_gate --prompt answer="):
        activate_prompt(version, reason="Better.", actor=ada)
    with pytest.raises(NoPassingRun):
        activate_prompt(version, reason="Better.", actor=ada, without_run="   ")
    assert current_activation("answer").version != version
    activation = activate_prompt(version, reason="Better.", actor=ada, without_run="The old one is harmful.")
    assert (activation.run, activation.without_run) == ("", "The old one is harmful.")
    details = AuditEvent.objects.latest("pk").details
    assert (details["run"], details["without_run"]) == ("", "The old one is harmful.")


def test_a_run_that_is_deleted_before_the_activation_carries_nothing(version, ada):
    made = run(with_text(version))
    assert standing_of_prompt(version).run == made
    made.delete()
    with pytest.raises(NoPassingRun, match="No run over all cases"):
        activate_prompt(version, reason="Better.", actor=ada)


def test_a_model_on_trial_is_in_no_route_until_it_is_put_in_use_on_a_run(
    models, ada, django_capture_on_commit_callbacks
):
    new = models["new"]
    assert [each.name for each in chat_models("answer")] == ["old"]
    assert [each.name for each in chat_models("rewrite")] == ["old"], "a route that would be empty goes as answers do"
    with pytest.raises(NoPassingRun, match="eval_gate --model new"):
        use_model(new, reason="Faster.", actor=ada)
    made = run(made_of_alone(new))
    assert (standing_of_model(new).run, last_run_of(new)) == (made, made)
    with django_capture_on_commit_callbacks(execute=True):
        use_model(new, reason="Faster.", actor=ada)
    load_models_in_use()
    assert [each.name for each in chat_models("answer")] == ["new", "old"]
    assert [each.name for each in chat_models("rewrite")] == ["new"]
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.target, event.details["run"]) == ("model_used", "model:new", made.name)


def test_another_model_under_the_same_name_is_on_trial_again(models, settings, ada):
    run(made_of_alone(models["new"]))
    use_model(models["new"], reason="Faster.", actor=ada)
    other = read_models(
        TWO.replace("new-instruct", "newest"), NamedModel("", "", ""), has_default=False, secret=lambda _: ""
    )
    settings.ATTEST_MODELS = other
    refresh_models_in_use()
    load_models_in_use()
    assert [each.name for each in chat_models("answer")] == ["old"]
    assert standing_of_model(other.models["new"]).said == "No run over all cases has measured it yet."


def test_another_process_sees_it_within_seconds_and_questions_under_way_go_on(models, ada, monkeypatch):
    load_models_in_use()
    ModelActivation.objects.create(
        name="new", version=models["new"].version, model="new-instruct", kind="used", run="run-1", actor=ada,
        actor_label=ada.email, reason="Faster.",
    )  # fmt: skip
    load_models_in_use()
    assert [each.name for each in chat_models("answer")] == ["old"], "it was loaded a moment ago"
    monkeypatch.setattr("app.providers.models_in_use.FRESH_FOR_S", 0.0)
    load_models_in_use()
    assert [each.name for each in chat_models("answer")] == ["new", "old"]
    refresh_models_in_use()
    assert [each.name for each in chat_models("answer")] == ["new", "old"]


def test_the_database_is_not_asked_where_nothing_is_on_trial(settings, django_assert_num_queries):
    settings.ATTEST_MODELS = read_models("", NamedModel("", "", ""), has_default=False, secret=lambda _: "")
    with django_assert_num_queries(0):
        load_models_in_use()


def test_the_database_refuses_a_model_in_use_that_rests_on_nothing_and_a_verdict_over_nothing(models, ada):
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelActivation.objects.create(
            name="new", version="new@1", model="n", kind="used", actor_label="ada", reason="Faster."
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        run({}, PASSED, compared_with="")


def test_a_check_before_deployment_names_the_models_in_use_that_were_never_measured(models):
    said = [each for each in run_checks(include_deployment_checks=True) if each.id == "quality.W001"]
    assert ["“old”" in each.msg for each in said] == [True], "the one on trial writes no answers"
    assert "eval_gate --model old" in said[0].hint
    run(made_of_alone(models["old"]), NOT_COMPARED)
    assert not [each for each in run_checks(include_deployment_checks=True) if each.id == "quality.W001"]
    assert not [each for each in run_checks() if each.id == "quality.W001"]
