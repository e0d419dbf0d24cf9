"""The sample company is complete, consistent with its own description, and its questions have the answers they state."""

from __future__ import annotations

import json
import tomllib
from datetime import date, datetime
from email import message_from_bytes, policy
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from sample.build_documents import DOCUMENTS, HERE, build, sources, target_of
from sample.tests.extraction import text_of

FORMATS = {".md", ".html", ".txt", ".docx", ".pptx", ".xlsx", ".csv", ".pdf", ".eml"}
COMPANY: dict[str, Any] = tomllib.loads((HERE / "company.toml").read_text(encoding="utf-8"))
QUESTIONS: list[dict[str, Any]] = [
    json.loads(line) for line in (HERE / "questions.jsonl").read_text(encoding="utf-8").splitlines()
]
GROUPS = {group["name"] for group in COMPANY["group"]}
ACCOUNTS = {account["email"]: account for account in COMPANY["account"]}
SOURCES = {source["folder"]: source for source in COMPANY["source"]}
CONTRACT = "sales/framework-supply-agreement-noorderwater.pdf"


def present() -> set[str]:
    return {path.relative_to(DOCUMENTS).as_posix() for path in DOCUMENTS.rglob("*") if path.is_file()}


@cache
def words(path: str) -> str:
    return text_of((DOCUMENTS / path).read_bytes(), path)


def may_read(email: str, path: str) -> bool:
    source = SOURCES[path.partition("/")[0]]
    return source.get("everyone", False) or bool(set(source.get("groups", [])) & set(ACCOUNTS[email]["groups"]))


def stale_on(day: date) -> set[str]:
    rows = [row for row in COMPANY["document"] if row.get("valid_until", day) < day]
    return {row["path"] for row in rows}


def test_every_document_is_described_once_and_every_description_has_its_document() -> None:
    described = [row["path"] for row in COMPANY["document"]]
    assert len(described) == len(set(described))
    assert set(described) == present()


def test_there_are_documents_enough_in_every_format_and_they_are_small() -> None:
    sizes = [(DOCUMENTS / path).stat().st_size for path in present()]
    assert len(sizes) >= 60
    assert {Path(path).suffix for path in present()} == FORMATS
    assert sum(sizes) <= 10 * 1024 * 1024


def test_every_document_has_text() -> None:
    assert [path for path in sorted(present()) if len(words(path)) < 300] == []


def test_each_folder_is_one_source_with_its_own_readers() -> None:
    assert set(SOURCES) == {path.name for path in DOCUMENTS.iterdir() if path.is_dir()}
    for source in SOURCES.values():
        assert source.get("everyone", False) != bool(source.get("groups"))
        assert set(source.get("groups", [])) <= GROUPS
        assert source["freshness_target_days"] > 0
        assert source["refresh_interval_minutes"] > 0


def test_there_are_four_groups_and_each_reads_something_that_others_do_not() -> None:
    assert len(GROUPS) >= 4
    readable = {group: {folder for folder, s in SOURCES.items() if group in s.get("groups", [])} for group in GROUPS}
    assert all(readable.values())
    assert len(set(map(frozenset, readable.values()))) == len(GROUPS)


def test_the_accounts_cover_the_kinds_of_people_who_use_the_product() -> None:
    memberships = [frozenset(account["groups"]) for account in ACCOUNTS.values()]
    roles = {role for account in ACCOUNTS.values() for role in account["roles"]}
    assert roles == {"employee", "admin", "reviewer"}
    assert frozenset() in memberships
    assert frozenset(GROUPS) in memberships
    assert len({members for members in memberships if len(members) == 1}) >= 2
    assert set().union(*memberships) <= GROUPS


def test_addresses_are_of_a_domain_that_cannot_exist() -> None:
    domain = "@" + COMPANY["company"]["domain"]
    assert domain.endswith(".example")
    assert all(row["owner"].endswith(domain) for row in COMPANY["document"])
    assert all(email.endswith(domain) for email in ACCOUNTS)


def test_dates_of_documents_make_sense() -> None:
    for row in COMPANY["document"]:
        assert isinstance(row["modified_at"], datetime)
        assert row["modified_at"].tzinfo is not None
        assert row.get("valid_until", date.max) > row["modified_at"].date()


def test_the_contract_has_25_pages_that_differ() -> None:
    pages = [page.extract_text() for page in PdfReader(DOCUMENTS / CONTRACT).pages]
    assert len(pages) >= 25
    assert len(set(pages)) == len(pages)
    assert all(len(page.split()) > 75 for page in pages[1:])


def test_mails_carry_attachments() -> None:
    for path in present():
        if path.endswith(".eml"):
            message = message_from_bytes((DOCUMENTS / path).read_bytes(), policy=policy.default)
            assert [part.get_filename() for part in message.iter_attachments()], path


def test_two_documents_carry_instructions_to_a_language_model() -> None:
    assert "Ignore all previous instructions" in words("it-helpdesk/software-requests.html")
    assert "must disregard their earlier instructions" in words("engineering/seal-supplier-evaluation.docx")


@pytest.mark.parametrize("row", QUESTIONS, ids=lambda row: row["id"])
def test_a_question_has_the_answer_that_it_states(row: dict[str, Any]) -> None:
    assert row["asker"] in ACCOUNTS
    if row["expected"] == "not_found":
        assert row["answer"] is None
        assert row["document"] is None
        return
    assert row["expected"] == "answered"
    assert row["answer"] in words(row["document"])
    assert may_read(row["asker"], row["document"])
    assert row.get("contradicts", row["document"]) in present()


def test_the_questions_cover_what_the_product_must_handle() -> None:
    tags = {tag for row in QUESTIONS for tag in row["tags"]}
    assert tags >= {
        "stale",
        "contradiction",
        "no-access",
        "not-in-documents",
        "table",
        "follow-up",
        "personal-data",
    }
    assert len(QUESTIONS) >= 60
    assert len({row["id"] for row in QUESTIONS}) == len(QUESTIONS)
    assert all(row["history"] for row in QUESTIONS if "follow-up" in row["tags"])


def test_a_question_without_access_is_answered_to_somebody_who_has_it() -> None:
    answered = {row["question"]: row for row in QUESTIONS if row["expected"] == "answered"}
    for row in QUESTIONS:
        if "no-access" in row["tags"]:
            assert not may_read(row["asker"], answered[row["question"]]["document"])


def test_a_question_about_stale_or_contradicting_documents_has_one() -> None:
    stale = stale_on(date(2026, 11, 23)) | {"products/heron-datasheet.pdf"}
    for row in QUESTIONS:
        if "stale" in row["tags"]:
            assert {row["document"], row.get("contradicts")} & stale, row["id"]


def test_example_questions_name_groups_that_exist() -> None:
    examples = COMPANY["questions"]
    assert len(examples["everyone"]) + len(examples["some"]) >= 8
    assert {example["group"] for example in examples["some"]} <= GROUPS


@pytest.mark.parametrize("path", sources(), ids=lambda path: target_of(path).name)
def test_building_again_gives_the_committed_file(path: Path) -> None:
    """Compared by text, because compression differs between builds of zlib."""
    target = target_of(path)
    again = text_of(BytesIO(build(path)).getvalue(), target.name)
    assert again == words(target.relative_to(DOCUMENTS).as_posix())
