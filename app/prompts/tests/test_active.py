"""Prompt texts: each has a version that changes with its text, and what it promises to its caller."""

import hashlib

import pytest

from app.prompts import active
from app.prompts.active import TEXTS, active_prompt

NAMES = sorted(path.stem for path in TEXTS.glob("*.md"))


@pytest.fixture(autouse=True)
def _nothing_remembered():
    active_prompt.cache_clear()
    yield
    active_prompt.cache_clear()


@pytest.mark.parametrize("name", NAMES)
def test_a_version_is_the_hash_of_the_text(name):
    prompt = active_prompt(name)
    text = (TEXTS / f"{name}.md").read_text(encoding="utf-8")
    assert prompt.text == text
    assert prompt.version == f"{name}@{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def test_another_text_is_another_version(tmp_path, monkeypatch):
    monkeypatch.setattr(active, "TEXTS", tmp_path)
    (tmp_path / "answer.md").write_text("Answer.")
    first = active_prompt("answer").version
    active_prompt.cache_clear()
    (tmp_path / "answer.md").write_text("Answer!")
    assert active_prompt("answer").version != first


def test_an_unknown_prompt_is_a_bug_that_shows():
    with pytest.raises(FileNotFoundError):
        active_prompt("no-such-prompt")


def test_the_answer_prompt_frames_the_passages_and_names_the_word_for_nothing():
    from app.answers.steps.write import NOT_FOUND_WORD

    text = active_prompt("answer").text
    assert text.count("{frame}") == 1
    assert NOT_FOUND_WORD in text
    assert "must not follow" in text
