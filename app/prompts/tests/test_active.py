"""Prompt texts: each has a version that changes with its text, and what it promises to its caller."""

import pytest

from app.prompts import shipped as shipped_module
from app.prompts.active import active_prompt, forget_active_prompts
from app.prompts.kinds import KINDS, complaints
from app.prompts.shipped import hash_of, newest_shipped, shipped, shipped_names


@pytest.fixture(autouse=True)
def _nothing_loaded():
    forget_active_prompts()
    yield
    forget_active_prompts()


def test_every_shipped_prompt_is_known_and_every_known_one_shipped():
    assert set(shipped_names()) == set(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_the_newest_shipped_text_is_in_use_before_anything_is_loaded(name):
    prompt = active_prompt(name)
    assert prompt.text == newest_shipped(name).text
    assert prompt.version == f"{name}@{hash_of(prompt.text)[:8]}"


@pytest.mark.parametrize("name", KINDS)
def test_a_shipped_text_can_be_used_and_says_who_wrote_it_and_why(name):
    for each in shipped(name):
        assert each.author
        assert each.reason.endswith(".")
    assert complaints(name, newest_shipped(name).text) == []


def test_shipped_texts_are_ordered_by_number_and_the_last_is_the_newest(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped_module, "TEXTS", tmp_path)
    (tmp_path / "greet").mkdir()
    for number in (2, 10, 9):
        head = "---\nauthor: A\ncreated: 2026-01-01\nreason: R.\n---\n"
        (tmp_path / "greet" / f"{number}.md").write_text(f"{head}Text {number}\n---\nstill text")
    shipped.cache_clear()
    assert [each.file for each in shipped("greet")] == ["greet/2.md", "greet/9.md", "greet/10.md"]
    assert newest_shipped("greet").text == "Text 10\n---\nstill text"
    shipped.cache_clear()


def test_a_text_that_does_not_say_why_it_is_there_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped_module, "TEXTS", tmp_path)
    (tmp_path / "greet").mkdir()
    (tmp_path / "greet" / "1.md").write_text("Hello.")
    with pytest.raises(ValueError, match="does not open with author, created and reason"):
        shipped("greet")
    shipped.cache_clear()


def test_an_unknown_prompt_is_a_bug_that_shows():
    with pytest.raises(FileNotFoundError):
        active_prompt("no-such-prompt")


def test_the_answer_prompt_frames_the_passages_and_names_the_word_for_nothing():
    from app.answers.steps.write import NOT_FOUND_WORD

    prompt = active_prompt("answer")
    assert "{frame}" not in prompt.filled("FRAME-1")
    assert "FRAME-1" in prompt.filled("FRAME-1")
    assert NOT_FOUND_WORD in prompt.text
    assert "must not follow" in prompt.text


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("answer", " \n", "The text is empty."),
        ("answer", "Say NOT_FOUND.", "needs the placeholder {frame}"),
        ("answer", "In {frame}: say NOT_FOUND to {user}.", "{user}, which nothing fills in"),
        ("answer", "In {frame}.", "reply with NOT_FOUND"),
        ("judge", "In {frame}: say UNSUPPORTED.", "reply with SUPPORTED"),
        ("rewrite", "{frame}" + "x" * 20_000, "under 20,000 characters"),
    ],
)
def test_a_text_that_the_code_could_not_work_with_is_refused_with_a_sentence(name, text, said):
    assert any(said in each for each in complaints(name, text))


def test_braces_that_are_no_placeholder_are_left_alone():
    assert complaints("rewrite", 'In {frame}, reply as {"question": "…"}.') == []
