"""Which of many answers a reviewer may read whole: the rule of `app.answers.looking`, for all in three queries."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from app.answers.models import Answer, Evidence
from app.corpus.access import Reader
from app.corpus.models import Document
from app.reviews.models import ReviewItem


def readable_items(items: Sequence[ReviewItem], reader: Reader) -> list[ReviewItem]:
    """Those of which every passage, of the turns before as well, is there and open to `reader`; in their order."""
    readable = readable_answers([item.answer for item in items], reader)
    return [item for item in items if item.answer_id in readable]


def readable_answers(answers: Iterable[Answer], reader: Reader) -> set[int]:
    """The keys of those that `readable_items` would leave. Give answers with their questions."""
    given = list(answers)
    conversations = {answer.question.conversation_id for answer in given}
    rows = Evidence.objects.filter(answer__question__conversation__in=conversations).values_list(
        "answer__question__conversation", "answer__question", "document", "version"
    )
    found: dict[int, list[tuple[int, int | None, int | None]]] = defaultdict(list)
    for conversation, question, document, version in rows:
        found[conversation].append((question, document, version))
    wanted = {document for passages in found.values() for _, document, _ in passages if document}
    open_documents = Document.objects.readable_by(reader).searchable().filter(pk__in=wanted)
    readable = set(open_documents.values_list("pk", flat=True))
    return {answer.pk for answer in given if _is_readable(answer, found, readable)}


def _is_readable(
    answer: Answer, found: dict[int, list[tuple[int, int | None, int | None]]], readable: set[int]
) -> bool:
    question = answer.question
    passages = [each for each in found[question.conversation_id] if each[0] <= question.pk]
    return bool(answer.outcome) and all(document in readable and version for _, document, version in passages)
