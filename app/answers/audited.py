"""Questions and answers in the audit log: that they were asked and given, and their words where the policy says so.

Each is written in the transaction of its own row, by a plain insert: there is no answer without its entry, and none
waits for another's.
"""

from typing import Any

from django.conf import settings

from app.accounts.models import User
from app.answers.models import Answer, Outcome, Question
from app.audit.events import ANSWER_GIVEN, QUESTION_ASKED, record_event
from app.audit.models import AuditEvent

RESULTS = {Outcome.REFUSED: AuditEvent.Result.REFUSED, Outcome.FAILED: AuditEvent.Result.FAILED}


def audit_question(user: User, question: Question) -> None:
    record_event(
        user, QUESTION_ASKED, f"question:{question.pk}", conversation=question.conversation_id,
        **_words(text=question.text),
    )  # fmt: skip


def audit_answer(answer: Answer, documents: set[int]) -> None:
    """`documents` are those whose passages were found for it."""
    asker = User.objects.only("pk", "email").filter(conversations__questions=answer.question_id).first()
    record_event(
        asker, ANSWER_GIVEN, f"answer:{answer.pk}", result=RESULTS.get(Outcome(answer.outcome), AuditEvent.Result.OK),
        question=answer.question_id, outcome=answer.outcome, mode=answer.mode, model=answer.model,
        prompt=answer.prompt_version, documents=sorted(documents), **_words(text=answer.text),
    )  # fmt: skip


def _words(**words: str) -> dict[str, Any]:
    return words if settings.ATTEST_AUDIT_QUESTIONS == "text" else {}
