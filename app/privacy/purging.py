"""Whether a legal hold keeps something from being purged: what answers said of it would be erased with it."""

from app.accounts.holds import everything_is_held, held_people
from app.answers.models import Evidence
from app.audit.models import LegalHold
from app.audit.retention import standing_holds
from app.corpus.models import Document, Source

HELD = "A legal hold keeps this, or answers that rest on it. It has to be lifted on the audit log's page first."


def is_source_held(source: Source) -> bool:
    documents = Document.objects.filter(source=source)
    return _is_held(
        {f"source:{source.pk}", *(f"document:{pk}" for pk in documents.values_list("pk", flat=True))}, source
    )


def is_document_held(document: Document) -> bool:
    """A hold on its source is one on it."""
    return _is_held({f"document:{document.pk}", f"source:{document.source_id}"}, document)


def _is_held(names: set[str], what: Source | Document) -> bool:
    if everything_is_held():
        return True
    held_objects = standing_holds().filter(scope=LegalHold.Scope.OBJECT).values_list("subject", flat=True)
    if not names.isdisjoint(held_objects):
        return True
    rests_on = {"document__source": what} if isinstance(what, Source) else {"document": what}
    theirs = Evidence.objects.filter(answer__question__conversation__user__in=held_people(), **rests_on)
    return bool(theirs.exists())
