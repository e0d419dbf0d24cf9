"""Which answers somebody may look at who did not ask: those whose every passage they may read themselves.

Not only what is cited counts. A question that was made standalone, and a text by a model, may hold words of whatever
was found for the answer and for the turns before it.
"""

from app.answers.models import Answer, Evidence
from app.answers.shown import readable_documents
from app.corpus.access import Reader


def may_be_looked_at(answer: Answer, reader: Reader) -> bool:
    """False for an answer that is still being made, or of which a passage is gone or closed to `reader`."""
    if not answer.outcome:
        return False
    question = answer.question
    found = Evidence.objects.filter(
        answer__question__conversation_id=question.conversation_id, answer__question_id__lte=question.pk
    )
    evidence = list(found.only("document", "version"))
    readable = readable_documents(evidence, reader)
    return all(each.document_id in readable and each.version_id for each in evidence)
