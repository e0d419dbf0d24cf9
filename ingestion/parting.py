"""Documents share one stored text only while they have the same readers; here those that differ now part.

The text stays with documents whose readers stay, so nothing is missing from search for them meanwhile. And a text
that its source has replaced already is not shown to more people than could read it.
"""

from collections.abc import Mapping

from django.db.models.functions import Coalesce

from app.corpus.models import AccessSet, Chunk, Document
from ingestion.duplicates import hand_over


def part_from_twins(changing: Mapping[int, int]) -> list[int]:
    """`changing` maps documents to the access sets they are about to get. Returns those left without a text.

    They must be read again; call it in the transaction that changes the sets, with the documents locked.
    """
    apart, giving_up = _parting(changing)
    linked = Document.objects.filter(duplicate_of__isnull=False)
    for holder in Document.objects.filter(pk__in=giving_up).order_by("pk"):
        hand_over(holder, going=list(changing))
        apart |= set(linked.filter(duplicate_of=holder).values_list("pk", flat=True))
    left = sorted(apart | giving_up)
    Document.objects.filter(pk__in=left).update(current_version=None, duplicate_of=None, state=Document.State.PENDING)
    return left


def _parting(changing: Mapping[int, int]) -> tuple[set[int], set[int]]:
    """Duplicates that leave the document they point at, and documents that leave a duplicate behind."""
    duplicates = Document.objects.filter(duplicate_of__isnull=False)
    leaving: set[int] = set()
    giving_up: set[int] = set()
    for links in (duplicates.filter(pk__in=changing), duplicates.filter(duplicate_of__in=changing)):
        for key, holder, access_set in links.values_list("pk", "duplicate_of_id", "access_set_id"):
            if holder is None or changing.get(key, access_set) == changing.get(holder, access_set):
                continue
            if key in changing:
                leaving.add(key)
            else:
                giving_up.add(holder)
    return leaving, giving_up


def withhold_outdated(changing: Mapping[int, int]) -> list[int]:
    """Take the text from documents that more people are about to read, where the source has another by now.

    What was taken out of a page before it was opened must not be found meanwhile. Returns those documents; call it
    as `part_from_twins`, and after it.
    """
    said = Coalesce("job__fingerprint", "fingerprint")
    outdated = Document.objects.filter(pk__in=changing, current_version__isnull=False).exclude(
        current_version__fingerprint=said
    )
    sets = AccessSet.objects.in_bulk({*changing.values(), *outdated.values_list("access_set_id", flat=True)})
    withheld = sorted(
        key for key, before in outdated.values_list("pk", "access_set_id") if _widens(sets[before], sets[changing[key]])
    )
    for document in Document.objects.filter(pk__in=withheld, duplicates__isnull=False).distinct():
        hand_over(document, going=withheld)
    Chunk.objects.filter(document_id__in=withheld)._raw_delete("default")
    Document.objects.filter(pk__in=withheld).update(current_version=None, state=Document.State.PENDING)
    return withheld


def _widens(before: AccessSet, after: AccessSet) -> bool:
    """Whether anybody might read `after` who could not read `before`, both of one source."""
    if before.principals is None:
        return False
    if after.principals is None:
        return True
    return any(set(after.principals[kind]) - set(before.principals[kind]) for kind in ("emails", "groups"))
