"""What is found as personal data, and what is left alone."""

import time

import pytest
from django.conf import settings

from app.safety.hosts import is_external
from app.safety.personal_data.detect import blocks, find_in_all, find_personal_data, memory
from app.safety.personal_data.kinds import Kind, PersonalData, merged
from app.safety.personal_data.policy import POLICY, Place, Policy, Treatment, choices_from, markdown
from app.safety.personal_data.rules import PatternError, Rules, checked
from app.safety.personal_data.scrub import scrub


def found(text: str, rules: Rules | None = None) -> list[tuple[str, str]]:
    return [(one.kind.value, text[one.start : one.end]) for one in find_personal_data(text, rules)]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Claims are signed by Agnieszka Nowakowska on Mondays.", "name", "Agnieszka Nowakowska"),
        ("Ask Mr. Featherstonehaugh first.", "name", "Mr. Featherstonehaugh"),
        ("The desk is run by J. Petrović.", "name", "J. Petrović"),
        ("My colleague Tadzio knows.", "name", "Tadzio"),
        ("please add julie novák to the list", "name", "julie novák"),
        ("Write to first.last+tag@sub.corp-mail.example today.", "email", "first.last+tag@sub.corp-mail.example"),
        ("Mail root@mail.corp.local.", "email", "root@mail.corp.local"),
        ("Call +44 20 7946 0018 at night.", "phone", "+44 20 7946 0018"),
        ("Phone: 72 128 827", "phone", "72 128 827"),
        ("Reach the desk on (212) 555-0143.", "phone", "(212) 555-0143"),
        ("Charge 4111 1111 1111 1111 please.", "card", "4111 1111 1111 1111"),
        ("the limit of my card 501864667909", "card", "501864667909"),
        ("Pay to DE89370400440532013000 only.", "account", "DE89370400440532013000"),
        ("His social security number is 856-45-6789.", "identity", "856-45-6789"),
        ("Steuer-ID: 12345678903", "identity", "12345678903"),
        ("numéro 1 85 05 78 006 084 91 de la carte", "identity", "1 85 05 78 006 084 91"),
        ("CPF 529.982.247-25", "identity", "529.982.247-25"),
        ("passport number is X4RTBPFW4", "identity", "X4RTBPFW4"),
        ("He lives at 221B Baker Street, London.", "address", "221B Baker Street, London"),
        ("Besuchen Sie uns: Hauptstraße 5", "address", "Hauptstraße 5"),
        ("She was born on 10 December 1985.", "birth_date", "10 December 1985"),
        ("The client 203.0.113.9 was blocked.", "network", "203.0.113.9"),
    ],
)
def test_each_kind_is_found(text, kind, value):
    assert (kind, value) in [(one, said.rstrip(".")) for one, said in found(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Employees may book a hotel for up to 140 euros a night. Anything above needs the approval of a manager.",
        "The marketing budget for 2026 is 480,000 euros, of which a third is kept back until July.",
        "Version 10.15.7 was released on 2026-11-23; see section 4.2.1 and ISO 27001.",
        "Order number 4400123456 was placed in 2019-2020 for 1 250 000 pieces.",
        "See https://help.example.com/articles/218124397-change for the Monday meeting in Room 12.",
        "The employee tells Human Resources. May is a busy month, and Will anyone come?",
        "Answer NOT_FOUND where the passages do not hold the answer.",
    ],
)
def test_ordinary_sentences_are_left_alone(text):
    assert found(text) == []


def test_the_shipped_prompts_reach_a_model_unchanged():
    from app.prompts.shipped import newest_shipped

    for name in ("answer", "rewrite", "judge", "summarise", "grade"):
        text = newest_shipped(name).text.replace("{frame}", "FRAME-0123456789ab")
        assert found(text) == []


def test_patterns_and_lists_of_admins_hold():
    rules = Rules(
        patterns=(r"\bE-\d{5}\b",), always=("Project Nightingale",), never=("Jenkins Miller", "+44 20 7946 0018")
    )
    text = "E-10442 of project\nnightingale calls +442079460018 or Jenkins Miller, and Ada Lovelace."
    assert found(text, rules) == [
        ("custom", "E-10442"), ("listed", "project\nnightingale"), ("name", "Ada Lovelace"),
    ]  # fmt: skip


def test_what_is_always_personal_is_so_even_if_it_is_never_too():
    assert found("It is Nightingale.", Rules(always=("nightingale",), never=("Nightingale",))) == [
        ("listed", "Nightingale")
    ]


@pytest.mark.timed
@pytest.mark.parametrize("expression", [r"(a+)+$", r"(x+x+)+y", r"(?:\w*)*\d{3}z"])
def test_no_pattern_can_hang(expression):
    began = time.perf_counter()
    Rules(patterns=(expression,)).find("a" * 20_000 + "x" * 20_000 + "!")
    assert time.perf_counter() - began < 2


def test_a_pattern_is_checked_before_it_is_used():
    checked(r"\bE-\d{5}\b", "E-10442")
    for expression, example in ((r"\w+", "word"), (r"(?=E)", "E"), (r"(", "("), ("x" * 301, "x"), (r"E\d", "F1")):
        with pytest.raises(PatternError):
            checked(expression, example)


def test_overlapping_findings_become_one_of_the_stronger_kind():
    places = [PersonalData(0, 10, Kind.NAME), PersonalData(5, 20, Kind.EMAIL), PersonalData(20, 25, Kind.PHONE)]
    assert merged(places) == [PersonalData(0, 20, Kind.EMAIL), PersonalData(20, 25, Kind.PHONE)]


def test_a_passage_is_read_once_whatever_prompt_it_stands_in(monkeypatch):
    from app.safety.personal_data import engine

    memory.clear()
    passage = "Claims are signed by Zofia Wójcik.\n\nLate ones go to the desk."
    first = f'FRAME-0123456789ab [1] "Claims"\n{passage}\nFRAME-0123456789ab end of [1]'
    again = f'FRAME-ba9876543210 [1] "Claims"\n{passage}\nFRAME-ba9876543210 end of [1]'
    before = find_in_all([first])
    read: list[str] = []
    real = engine.find_all
    monkeypatch.setattr(engine, "find_all", lambda texts: read.extend(texts) or real(texts))
    assert find_in_all([again]) == before
    assert read == []


def test_blocks_cover_every_word_once():
    text = "One.\n\nTwo\nlines.\n\n" + "word " * 2000 + '\nFRAME-0123456789ab [1] "T"\nin it\n'
    covered = [at + place for at, block in blocks(text) for place in range(len(block))]
    assert len(covered) == len(set(covered))
    assert {at for at, letter in enumerate(text) if letter.isalnum()} <= set(covered)


def test_every_kind_has_a_treatment_everywhere_and_only_choices_are_taken():
    policy = Policy({})
    for place, row in POLICY.items():
        for kind in Kind:
            assert policy.treatment(place, kind) in row.choices
    assert policy.treatment(Place.EXTERNAL_MODEL, Kind.EMAIL) is Treatment.PLACEHOLDER
    assert choices_from({"logs.name": "keep", "external_model.name": "keep", "external_model.email": "nonsense"}) == {
        "external_model": {"name": "keep"}
    }
    assert Policy({"logs": {"name": "keep"}}).treatment(Place.LOGS, Kind.NAME) is Treatment.REDACT


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.example.com/v1", True), ("http://8.8.8.8/v1", True), ("http://127.0.0.1:8090/v1", False),
        ("http://localhost/v1", False), ("http://10.1.2.3/v1", False), ("http://[::1]/v1", False),
        ("http://vllm:8000/v1", False), ("http://llm.internal/v1", False), ("http://[2001:4860:4860::8888]/v1", True),
        ("http://[::ffff:8.8.8.8]/v1", True),
        ("", True),
    ],
)  # fmt: skip
def test_a_host_is_external_unless_only_the_own_network_can_know_it(url, expected):
    assert is_external(url) is expected


def test_a_log_line_keeps_its_ids_and_loses_addresses_and_numbers():
    kept = "question 4711 took 1234567890123 ns, commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"
    assert scrub(kept) == kept
    assert scrub("ada@corp.example DE89 3704 0044 0532 0130 00 +44 20 7946 0018 856-45-6789") == " ".join(
        ["[removed]"] * 4
    )


def test_the_documentation_has_the_table_that_the_code_acts_by():
    assert markdown() in (settings.BASE_DIR / "docs" / "security.md").read_text(encoding="utf-8")
