"""The prompts page: every version with who, when and why; comparing, writing, activating and going back, audited."""

import pytest

from app.audit.models import AuditEvent
from app.prompts.active import active_prompt, forget_active_prompts, load_active_prompts
from app.prompts.models import PromptActivation, PromptVersion
from app.prompts.shipped import newest_shipped, shipped

TEXT = newest_shipped("answer").text.replace("as briefly as the question allows", "in at most three sentences")


@pytest.fixture(autouse=True)
def _nothing_loaded():
    forget_active_prompts()
    yield
    forget_active_prompts()


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
