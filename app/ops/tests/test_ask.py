"""`manage.py ask`: somebody's rights or everyone's, words or JSON, and an exit code that scripts can use."""

import io
import json

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from app.accounts.models import User
from app.answers.models import Answer, Conversation
from app.ops.management.commands.ask import ASKER
from ingestion.pipeline import ingest_document
from ingestion.sources import create_source, upload_document

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = b"# Budget 2026\n\nThe marketing budget for 2026 is 480,000 euros."
OPEN = b"# Travel policy\n\nEmployees may book a hotel for up to 140 euros a night."
BUDGET_QUESTION = "How large is the marketing budget for 2026?"


@pytest.fixture(autouse=True)
def _company():
    group = Group.objects.create(name="Finance")
    User.objects.create_user("alice@example.com").groups.add(group)
    handbook = create_source(actor=None, name="Handbook", kind="upload", everyone=True)
    finance = create_source(actor=None, name="Finance", kind="upload", everyone=False, group_ids=[group.pk])
    for source, name, data in ((handbook, "travel.md", OPEN), (finance, "budget.md", SECRET)):
        ingest_document(upload_document(source, actor=None, name=name, data=data).pk)


def asked(*arguments):
    """Exit code and output."""
    out = io.StringIO()
    try:
        call_command("ask", *arguments, stdout=out)
    except SystemExit as end:
        return end.code, out.getvalue()
    return 0, out.getvalue()


def test_prints_the_answer_and_its_sources():
    code, out = asked("How many euros a night may employees book a hotel for?")
    assert code == 0
    assert "140 euros" in out
    assert "[1] Travel policy (Handbook: travel.md)" in out


def test_without_a_name_only_what_everyone_may_read():
    code, out = asked(BUDGET_QUESTION)
    assert "480,000" not in out
    assert "budget.md" not in out
    assert Conversation.objects.get().user.email == ASKER
    assert not User.objects.get(email=ASKER).is_active
    assert not User.objects.get(email=ASKER).has_usable_password()


def test_with_a_name_what_that_person_may_read():
    code, out = asked(BUDGET_QUESTION, "--as", "Alice@example.com")
    assert code == 0
    assert "480,000" in out


def test_json_is_that_of_the_api():
    _, out = asked("How many euros a night may employees book a hotel for?", "--json")
    body = json.loads(out)
    assert {"id", "outcome", "text", "citations", "model", "cached", "usage", "timings_ms"} <= set(body)
    assert body["citations"][0]["document"]["external_id"] == "travel.md"


def test_exit_code_1_when_the_documents_do_not_say():
    code, _ = asked("Who won the chess olympiad in 1972?")
    assert code == 1
    assert Answer.objects.get().outcome == "not_found"


@pytest.mark.parametrize("arguments", [("  ",), ("x" * 2001,), ("Hello?", "--as", "nobody@example.com")])
def test_wrong_use_is_a_sentence_and_exit_code_2(arguments):
    with pytest.raises(CommandError) as caught:
        asked(*arguments)
    assert caught.value.returncode == 2
    assert not Answer.objects.exists()
