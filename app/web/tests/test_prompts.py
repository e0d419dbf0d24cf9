"""The prompts page: every version with who, when and why; comparing, writing, activating and going back, audited."""

import pytest
from django.utils import timezone

from app.audit.models import AuditEvent
from app.prompts.active import active_prompt, forget_active_prompts, load_active_prompts
from app.prompts.models import PromptActivation, PromptVersion
from app.prompts.shipped import newest_shipped, shipped
from app.quality.activating import activate_prompt
from app.quality.made_of import made_of
from app.quality.models import EvaluationRun

TEXT = newest_shipped("answer").text.replace("as briefly as the question allows", "in at most three sentences")


@pytest.fixture(autouse=True)
def _nothing_loaded():
    forget_active_prompts()
    yield
    forget_active_prompts()


@pytest.fixture
def model(settings):
    """A language model is configured, so a text matters."""
    settings.LLM_BASE_URL, settings.LLM_MODEL = "http://10.0.0.7:8000/v1", "small-instruct"


def run_with(version, verdict="passed"):
    return EvaluationRun.objects.create(
        name=f"run-{verdict}", mode="configured", cases=567, passed=512, verdict=verdict, started_at=timezone.now(),
        compared_with="the baseline accepted on 2026-11-20",
        made_of=made_of(with_models=True) | {"prompt “answer”": str(version)},
    )  # fmt: skip


def written(client):
    write(client)
    version = PromptVersion.objects.get(name="answer", file="")
    return version, f"/prompts/answer/{version.short_hash}/"


def write(client, text=TEXT, reason="Shorter answers."):
    return client.post("/prompts/answer/new/", {"text": text.replace("\n", "\r\n"), "reason": reason})


def test_the_list_shows_what_is_in_use_of_each_prompt(visitors):
    page = visitors.ada.get("/prompts/").content.decode()
    for name in ("Answer", "Rewrite", "Judge", "Summarise"):
        assert name in page
    assert newest_shipped("answer").hash[:8] in page


def test_a_prompt_shows_its_versions_with_author_and_reason(visitors):
    page = visitors.ada.get("/prompts/answer/").content.decode()
    for each in shipped("answer"):
        assert each.hash[:8] in page
        assert each.reason in page
    assert "Came with a release" in page


def test_a_version_is_written_compared_activated_and_taken_back(visitors, django_capture_on_commit_callbacks):
    ada, before = visitors.ada, newest_shipped("answer")
    written = write(ada)
    version = PromptVersion.objects.get(name="answer", file="")
    assert written.url == f"/prompts/answer/{version.short_hash}/"
    assert (version.text, version.author, version.reason) == (TEXT, "ada@example.com", "Shorter answers.")
    load_active_prompts()
    assert active_prompt("answer").text == before.text

    compared = ada.get(written.url).content.decode()
    assert "<ins>" in compared
    assert "Activate…" in compared

    with django_capture_on_commit_callbacks(execute=True):
        ada.post(f"{written.url}activate/", {"reason": "Shorter is better."})
    load_active_prompts()
    assert active_prompt("answer").text == TEXT
    assert active_prompt("answer").version == str(version)
    assert "was not used" not in ada.get("/prompts/answer/").content.decode()
    assert "This release came with another text" in ada.get("/prompts/").content.decode()

    with django_capture_on_commit_callbacks(execute=True):
        ada.post(f"/prompts/answer/{before.hash[:8]}/back/", {"reason": "Too short."})
    load_active_prompts()
    assert active_prompt("answer").text == before.text
    audited = [
        (event.action, event.actor_label, event.target, event.details["reason"])
        for event in AuditEvent.objects.filter(target="prompt:answer").order_by("pk")
    ]
    assert audited == [
        ("prompt_written", "ada@example.com", "prompt:answer", "Shorter answers."),
        ("prompt_activated", "ada@example.com", "prompt:answer", "Shorter is better."),
        ("prompt_rolled_back", "ada@example.com", "prompt:answer", "Too short."),
    ]


def test_where_no_model_is_configured_it_is_said_that_no_run_is_needed(visitors):
    version, url = written(visitors.ada)
    for page in (url, f"{url}activate/"):
        assert (
            "No language model is in use, so no answer is written by this text"
            in visitors.ada.get(page).content.decode()
        )
    assert visitors.ada.post(f"{url}activate/", {"reason": "Shorter."}).status_code == 302
    assert PromptActivation.objects.get(version=version).without_run.startswith("No language model is in use")


def test_a_run_that_passed_is_shown_and_carries_the_activation(visitors, model):
    version, url = written(visitors.ada)
    run = run_with(version)
    page = visitors.ada.get(f"{url}activate/").content.decode()
    assert "A run carries it." in page
    assert f'href="/quality/runs/{run.pk}/"' in page
    assert "512 of 567 cases right" in page
    assert "without_run" not in page
    assert visitors.ada.post(f"{url}activate/", {"reason": "Shorter."}).url == "/prompts/answer/"
    assert PromptActivation.objects.get(version=version).run == run.name
    assert f'href="/quality/runs/{run.pk}/"' in visitors.ada.get("/prompts/answer/").content.decode()
    run.delete()
    page = visitors.ada.get("/prompts/answer/").content.decode()
    assert "run-passed" in page
    assert "(deleted since)" in page


def test_without_a_passing_run_it_is_refused_and_the_command_is_named(visitors, model):
    version, url = written(visitors.ada)
    run_with(version, "failed")
    for page in (url, f"{url}activate/"):
        seen = visitors.ada.get(page).content.decode()
        assert "No passing run carries it." in seen
        assert f"python manage.py eval_gate --prompt answer={version.short_hash}" in seen
        assert "run-failed" in seen
    refused = visitors.ada.post(f"{url}activate/", {"reason": "Shorter."})
    assert refused.status_code == 422
    assert "Have it measured first, or say here why to go on without." in refused.content.decode()
    assert not PromptActivation.objects.filter(version=version).exists()


def test_an_admin_may_go_on_without_a_run_with_a_second_reason_that_is_shown_for_good(visitors, model):
    version, url = written(visitors.ada)
    assert "Activate without a passing run" in visitors.ada.get(f"{url}activate/").content.decode()
    short = {"reason": "Shorter.", "without_run": "because"}
    assert visitors.ada.post(f"{url}activate/", short).status_code == 422
    said = {"reason": "Shorter.", "without_run": "The model is down until tomorrow."}
    assert visitors.ada.post(f"{url}activate/", said).status_code == 302
    details = AuditEvent.objects.get(action="prompt_activated").details
    assert (details["reason"], details["without_run"]) == ("Shorter.", "The model is down until tomorrow.")
    visitors.ada.post(f"/prompts/answer/{newest_shipped('answer').hash[:8]}/back/", {"reason": "Worse."})
    page = visitors.ada.get("/prompts/answer/").content.decode()
    assert "Without a passing run" in page
    assert "The model is down until tomorrow." in page


def test_going_back_to_what_was_in_use_needs_no_run(visitors, model):
    version, url = written(visitors.ada)
    run_with(version)
    visitors.ada.post(f"{url}activate/", {"reason": "Shorter."})
    before = newest_shipped("answer").hash[:8]
    page = visitors.ada.get(f"/prompts/answer/{before}/").content.decode()
    assert "Roll back to it…" in page
    assert "needs no run" in page
    assert visitors.ada.post(f"/prompts/answer/{before}/back/", {"reason": "Worse."}).status_code == 302
    assert PromptActivation.objects.first().version.short_hash == before


def test_a_run_that_is_deleted_while_the_form_is_open_carries_nothing(visitors, model):
    version, url = written(visitors.ada)
    run = run_with(version)
    assert "A run carries it." in visitors.ada.get(f"{url}activate/").content.decode()
    run.delete()
    assert visitors.ada.post(f"{url}activate/", {"reason": "Shorter."}).status_code == 422
    assert not PromptActivation.objects.filter(version=version).exists()


def test_a_run_that_is_deleted_at_the_last_moment_is_told_of(visitors, model, monkeypatch):
    version, url = written(visitors.ada)
    run = run_with(version)

    def late(*args, **said):
        run.delete()
        return activate_prompt(*args, **said)

    monkeypatch.setattr("app.web.views.prompts.activate_prompt", late)
    answer = visitors.ada.post(f"{url}activate/", {"reason": "Shorter."}, follow=True)
    assert "Not activated. No run over all cases has measured it yet." in answer.content.decode()
    assert not PromptActivation.objects.filter(version=version).exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Reply NOT_FOUND.", "The text needs the placeholder {frame}"),
        ("Read {frame} for {user}, or NOT_FOUND.", "{user}, which nothing fills in"),
        ("Read {frame}.", "The text must tell the model to reply with NOT_FOUND"),
    ],
)
def test_a_text_that_could_not_work_is_refused_and_stays_in_the_form(visitors, text, said):
    answer = write(visitors.ada, text)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert text in page
    assert not PromptVersion.objects.filter(file="").exists()


def test_no_text_is_put_in_use_without_a_reason(visitors):
    write(visitors.ada)
    version = PromptVersion.objects.get(file="")
    answer = visitors.ada.post(f"/prompts/answer/{version.short_hash}/activate/", {"reason": ""})
    assert "This field is required" in answer.content.decode()
    assert not PromptActivation.objects.filter(version=version).exists()


def test_one_cannot_go_back_to_what_was_never_in_use(visitors):
    write(visitors.ada)
    version = PromptVersion.objects.get(file="")
    assert visitors.ada.post(f"/prompts/answer/{version.short_hash}/back/", {"reason": "x"}).status_code == 404


def test_a_text_is_shown_as_text(visitors):
    write(visitors.ada, TEXT + "\n<script>alert(1)</script>")
    version = PromptVersion.objects.get(file="")
    page = visitors.ada.get(f"/prompts/answer/{version.short_hash}/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
