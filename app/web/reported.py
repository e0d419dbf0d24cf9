"""Reports of wrong citations as somebody sees who looks into them.

Whoever may not read everything that the answer rests on is told that there is a report, and nothing of any text: the
reader's comment tells what the document says as surely as the quote does.
"""

from dataclasses import dataclass

from app.answers.citation_reports import claimed_with
from app.answers.looking import may_be_looked_at
from app.answers.models import CitationReport
from app.answers.shown import ShownCitation, readable_documents, shown_citation
from app.corpus.access import Reader


@dataclass(frozen=True, slots=True)
class Reported:
    """`citation` is None where its reader may not see what it is about; then nothing else is told either."""

    report: CitationReport
    citation: ShownCitation | None = None
    claims: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.report.settled_at is None

    @property
    def answer_id(self) -> int:
        return self.report.citation.answer_id


def reported(report: CitationReport, reader: Reader) -> Reported:
    citation = report.citation
    document = readable_documents([citation.evidence], reader).get(citation.evidence.document_id)
    if document is None or not may_be_looked_at(citation.answer, reader):
        return Reported(report)
    claims = tuple(claimed_with(citation.answer, citation.marker))
    return Reported(report, shown_citation(citation, document), claims)
