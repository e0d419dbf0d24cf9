"""What was searched for a question that nothing answers, what came nearest, and whom to ask."""

from dataclasses import dataclass

from app.answers.models import Answer
from app.answers.shown import readable_documents
from app.corpus.access import Reader
from app.corpus.models import Document, Source
from retrieval.filters import filters_from

MOST_NEAREST = 3


@dataclass(frozen=True, slots=True)
class Searched:
    """Counts of what the reader may read now; `nearest` documents were found, but do not say it."""

    sources: int
    documents: int
    is_narrowed: bool
    nearest: tuple[Document, ...]

    @property
    def owners(self) -> tuple[str, ...]:
        """People to ask: who owns what came nearest."""
        return tuple(dict.fromkeys(document.owner for document in self.nearest if document.owner))


def searched_for(answer: Answer, reader: Reader) -> Searched:
    filters = filters_from(answer.question.filters)
    documents = Document.objects.readable_by(reader).searchable()
    sources = Source.objects.readable_by(reader)
    if filters.source_ids:
        documents = documents.filter(source__in=filters.source_ids)
        sources = sources.filter(pk__in=filters.source_ids)
    if filters.changed_since:
        documents = documents.filter(modified_at__date__gte=filters.changed_since)
    return Searched(sources.count(), documents.count(), bool(filters), nearest(answer, reader))


def nearest(answer: Answer, reader: Reader) -> tuple[Document, ...]:
    evidence = list(answer.evidence.all())
    readable = readable_documents(evidence, reader)
    found = (readable[each.document_id] for each in evidence if each.document_id in readable)
    return tuple(dict.fromkeys(found))[:MOST_NEAREST]
