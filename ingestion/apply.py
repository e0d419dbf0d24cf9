"""What a listing changes, written in one transaction: documents added, moved and removed, and jobs for what to read.

Statements go over many rows at once: fifty thousand unchanged documents cost two of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from app.corpus.models import Document, DocumentVersion, Source
from ingestion.compare import Plan, compare, ending
from ingestion.connectors.base import Item
from ingestion.folder_readers import with_folder_readers
from ingestion.listing import Listing
from ingestion.models import SyncRun
from ingestion.readers import access_sets_for, change_readers
from ingestion.removal import lock_documents, remove_documents
from ingestion.runs import finish_run
from ingestion.waking import wake_when_committed

T = TypeVar("T")
BATCH = 1000
# Fewer than these are removed without asking, whatever share of the source they are.
TRIVIAL_REMOVALS = 5

QUEUE_SQL = """
    INSERT INTO ingestion_ingestionjob AS job (document_id, run_id, fingerprint, priority, attempts, lost_workers,
                                               interruptions, outages, started_by, available_at, created_at)
    SELECT document_id, %(run)s, fingerprint, 0, 0, 0, 0, 0, '', %(now)s, %(now)s
    FROM unnest(%(documents)s::bigint[], %(fingerprints)s::text[]) AS wanted(document_id, fingerprint)
    ON CONFLICT (document_id) DO UPDATE SET
        run_id = EXCLUDED.run_id, fingerprint = EXCLUDED.fingerprint, available_at = EXCLUDED.available_at,
        attempts = CASE WHEN job.fingerprint = EXCLUDED.fingerprint THEN job.attempts ELSE 0 END,
        lost_workers = CASE WHEN job.fingerprint = EXCLUDED.fingerprint THEN job.lost_workers ELSE 0 END,
        interruptions = CASE WHEN job.fingerprint = EXCLUDED.fingerprint THEN job.interruptions ELSE 0 END,
        outages = CASE WHEN job.fingerprint = EXCLUDED.fingerprint THEN job.outages ELSE 0 END
"""
MOVE_SQL = """
    UPDATE corpus_document AS document SET external_id = wanted.external_id, fingerprint = wanted.fingerprint
    FROM unnest(%(documents)s::bigint[], %(names)s::text[], %(fingerprints)s::text[])
         AS wanted(id, external_id, fingerprint)
    WHERE document.id = wanted.id
"""
DESCRIBE_SQL = """
    UPDATE corpus_document AS document
    SET url = wanted.url, owner = wanted.owner, modified_at = wanted.modified_at, parent_id = wanted.parent,
        title = CASE WHEN document.current_version_id IS NULL THEN wanted.title ELSE document.title END
    FROM unnest(%(documents)s::bigint[], %(urls)s::text[], %(owners)s::text[], %(modified)s::timestamptz[],
                %(parents)s::bigint[], %(titles)s::text[]) AS wanted(id, url, owner, modified_at, parent, title)
    WHERE document.id = wanted.id
"""
# What a worker stores at this moment it will mark itself; waiting for it could be waiting for each other.
CHECKED_SQL = """
    UPDATE corpus_document SET checked_at = %(now)s WHERE id IN (
        SELECT id FROM corpus_document
        WHERE source_id = %(source)s AND NOT id = ANY(%(waiting)s::bigint[])
        FOR NO KEY UPDATE SKIP LOCKED
    )
"""


@dataclass(slots=True)
class Known:
    """What is stored of a document. `needs_reading`: it has no text, though nothing forbids that it has one."""

    pk: int
    fingerprint: str
    url: str
    owner: str
    title: str
    modified_at: datetime | None
    parent_id: int | None
    access_set_id: int
    has_version: bool
    needs_reading: bool


@transaction.atomic
def apply(run: SyncRun, listing: Listing) -> list[int]:
    """Queue what differs, remove what is gone; returns the documents to read.

    Nothing if the run ended meanwhile, or if its source is set to another place now: then it is looked at again.
    """
    looked_at, current = run.source, _still_wanted(run)
    if current is None:
        return []
    run = current
    source, known = run.source, known_documents(run.source)
    items = with_folder_readers(source, _one_each(listing.items))
    if source.kind == Source.Kind.UPLOAD:
        items, known = _as_uploaded(items, known)
    fingerprints = {name: "" if each.needs_reading else each.fingerprint for name, each in known.items()}
    plan = compare(fingerprints, items, everything=run.everything, removed=listing.removed)
    _doubt_guesses(source, known, plan)
    run.held_removals = held_removals(run, len(plan.removed), len(known))
    if not run.held_removals:
        _remove(source, plan.removed)
    reread = _move(known, plan.moved)
    new = _add(source, plan.added)
    to_read = {known[item.external_id].pk: item.fingerprint for item in plan.updated} | reread
    to_read |= {new[item.external_id]: item.fingerprint for item in plan.added}
    now_known = {name: each.pk for name, each in known.items()} | new
    _describe(source, known, now_known, [*plan.updated, *plan.unchanged, *(item for _, item in plan.moved)])
    _attach(source, now_known, plan.added)
    _queue(run, to_read)
    _change_readers(run, items)
    _close_listing(run, listing, plan, len(items), len(to_read))
    _keep_place(run, listing, looked_at)
    _mark_checked(source, [*to_read, *_held(known, plan, run)])
    transaction.on_commit(lambda: finish_run(run))
    wake_when_committed()
    return list(to_read)


def _still_wanted(run: SyncRun) -> SyncRun | None:
    """The run, locked until the end of the transaction, if what was listed for it is still to be applied."""
    runs = SyncRun.objects.select_for_update(of=("self",)).select_related("source")
    current = runs.filter(pk=run.pk, listed_at=None, state=SyncRun.State.RUNNING).first()
    if current is None or not _same_place(current.source, run.source):
        return None
    return current


def _same_place(one: Source, other: Source) -> bool:
    return (one.settings, one.secrets) == (other.settings, other.secrets)


def known_documents(source: Source) -> dict[str, Known]:
    """By external id."""
    missing = Q(current_version=None, duplicate_of=None, failure=None, job=None)
    rows = Document.objects.filter(source=source).values_list(
        "external_id", "pk", "fingerprint", "url", "owner", "title", "modified_at", "parent_id", "access_set_id",
        "current_version_id",
    )  # fmt: skip
    unread = set(Document.objects.filter(missing, source=source).values_list("pk", flat=True))
    return {
        name: Known(pk, fingerprint, url, owner, title, modified_at, parent, readers, version is not None, pk in unread)
        for name, pk, fingerprint, url, owner, title, modified_at, parent, readers, version in rows.iterator(
            chunk_size=10_000
        )
    }


def held_removals(run: SyncRun, removed: int, known: int) -> int:
    """How many removals need an admin's word; 0 when they may go ahead.

    A handful is no share worth asking about, unless the limit of 0 says to ask always.
    """
    limit = run.source.removal_limit
    is_trivial = removed < TRIVIAL_REMOVALS and limit > 0
    return 0 if run.may_remove_all or is_trivial or removed * 100 <= limit * known else removed


def _one_each(items: list[Item]) -> list[Item]:
    return list({item.external_id: item for item in items}.values())


def _as_uploaded(items: list[Item], known: dict[str, Known]) -> tuple[list[Item], dict[str, Known]]:
    """Its list is the database's own: what was uploaded since it was read is neither new nor gone."""
    listed = {item.external_id for item in items}
    current = [
        replace(item, fingerprint=known[item.external_id].fingerprint) for item in items if item.external_id in known
    ]
    return current, {name: each for name, each in known.items() if name in listed}


def _doubt_guesses(source: Source, known: Mapping[str, Known], plan: Plan) -> None:
    """A guess may be wrong: it must not show a document's text to others than could read it before."""
    guessed = [(origin, item) for origin, item in plan.moved if item.moved_from != origin]
    sets = access_sets_for(source, {item.readers for _, item in guessed})
    wrong = {origin: item for origin, item in guessed if sets[item.readers].pk != known[origin].access_set_id}
    plan.moved = [(origin, item) for origin, item in plan.moved if origin not in wrong]
    plan.removed += wrong
    plan.added += wrong.values()


def _remove(source: Source, names: list[str]) -> None:
    for batch in _batches(names):
        remove_documents(Document.objects.filter(source=source, external_id__in=batch))


def _move(known: dict[str, Known], moved: list[tuple[str, Item]]) -> dict[int, str]:
    """Rename documents, and what is known of them; returns which must be read again, with their fingerprints.

    A move that was guessed from equal fingerprints is read to be sure: equal sizes and times may be chance.
    """
    reread: dict[int, str] = {}
    renamed: list[tuple[int, str, str]] = []
    for origin, item in moved:
        document = known.pop(origin)
        is_sure = item.moved_from == origin and item.fingerprint == document.fingerprint
        if not is_sure or document.needs_reading or ending(origin) != ending(item.external_id):
            reread[document.pk] = item.fingerprint
            document.fingerprint = ""
        known[item.external_id] = document
        renamed.append((document.pk, item.external_id, document.fingerprint))
    # Whoever reads it must not take the original that is kept here for the item's.
    DocumentVersion.objects.filter(document__in=list(reread)).update(fingerprint="")
    for batch in _batches(renamed):
        keys, names, fingerprints = (list(column) for column in zip(*batch, strict=True))
        _execute(MOVE_SQL, documents=keys, names=names, fingerprints=fingerprints)
    return reread


def _add(source: Source, added: list[Item]) -> dict[str, int]:
    rows = [
        Document(
            source=source, external_id=item.external_id, title=_title(item), url=item.url, owner=item.owner,
            access_set_id=source.access_set_id, modified_at=item.modified_at,
        )
        for item in added
    ]  # fmt: skip
    return {row.external_id: row.pk for row in Document.objects.bulk_create(rows, batch_size=BATCH)}


def _describe(source: Source, known: Mapping[str, Known], keys: Mapping[str, int], items: Iterable[Item]) -> None:
    """Keep address, owner, parent and time of change as the source tells them; what an admin set stays."""
    set_here: Mapping[str, Any] = source.settings.get("metadata", {})
    rows = []
    for item in items:
        before = known[item.external_id]
        own = set_here.get(item.external_id, {})
        after = (
            item.url,
            item.owner if item.owner and "owner" not in own else before.owner,
            item.modified_at if item.modified_at and "modified_at" not in own else before.modified_at,
            keys.get(item.parent) if item.parent else None,
            before.title if before.has_version else _title(item),
        )
        if after != (before.url, before.owner, before.modified_at, before.parent_id, before.title):
            rows.append((before.pk, *after))
    for batch in _batches(rows):
        documents, urls, owners, modified, parents, titles = (list(column) for column in zip(*batch, strict=True))
        _execute(
            DESCRIBE_SQL, documents=documents, urls=urls, owners=owners, modified=modified, parents=parents,
            titles=titles,
        )  # fmt: skip


def _attach(source: Source, keys: Mapping[str, int], added: list[Item]) -> None:
    """Parents of new documents: they may be new themselves, so they are set when all are there."""
    children: dict[int, list[int]] = {}
    for item in added:
        if item.parent in keys:
            children.setdefault(keys[item.parent], []).append(keys[item.external_id])
    for parent, documents in children.items():
        Document.objects.filter(source=source, pk__in=documents).update(parent_id=parent)


def _change_readers(run: SyncRun, items: list[Item]) -> None:
    """Most sources have no readers of their own, and nothing to compare for fifty thousand documents."""
    source = run.source
    own = Document.objects.filter(source=source).exclude(access_set_id=source.access_set_id)
    if any(item.readers is not None for item in items) or own.exists():
        change_readers(source, {item.external_id: item.readers for item in items}, run=run)


def _queue(run: SyncRun, to_read: Mapping[int, str]) -> None:
    for batch in _batches(list(to_read.items())):
        documents, fingerprints = (list(column) for column in zip(*batch, strict=True))
        # The document before its job, as a worker that ends a job locks them too.
        lock_documents(documents)
        _execute(QUEUE_SQL, run=run.pk, documents=documents, fingerprints=fingerprints)
        waiting = Document.objects.filter(pk__in=documents, current_version=None)
        waiting.update(state=Document.State.PENDING, duplicate_of=None)


def _close_listing(run: SyncRun, listing: Listing, plan: Plan, listed: int, queued: int) -> None:
    run.listed, run.queued, run.is_partial = listed, queued, listing.is_partial
    run.added, run.updated, run.moved = len(plan.added), len(plan.updated), len(plan.moved)
    run.unchanged, run.removed = len(plan.unchanged), 0 if run.held_removals else len(plan.removed)
    run.message = _message(run, listing)
    run.listed_at = timezone.now()
    run.save()


def _keep_place(run: SyncRun, listing: Listing, looked_at: Source) -> None:
    """Where the next look begins, unless the source was set to another place while this was written."""
    source = Source.objects.filter(pk=run.source_id, settings=looked_at.settings, secrets=looked_at.secrets)
    if run.held_removals:
        # The next look must see again what is gone, so it begins nowhere and lists everything.
        source.update(cursor="", listed_at=None)
    elif listing.is_partial:
        source.update(cursor=listing.cursor)
    else:
        source.update(cursor=listing.cursor, listed_at=listing.began_at)


def _message(run: SyncRun, listing: Listing) -> str:
    sentences = []
    if run.held_removals:
        sentences.append(
            f"{run.held_removals:,} documents are gone at the source, more than the {run.source.removal_limit} % that "
            "a run may remove. Nothing was removed; check the source, then approve or refuse the removal."
        )
    if listing.left_out:
        sentences.append(
            f"{listing.left_out:,} items were left out, as their names are empty or too long; rename them."
        )
    return " ".join(sentences)


def _held(known: Mapping[str, Known], plan: Plan, run: SyncRun) -> list[int]:
    """What is gone at the source and still here: nobody has seen that it is still true."""
    return [known[name].pk for name in plan.removed] if run.held_removals else []


def _mark_checked(source: Source, waiting: list[int]) -> None:
    _execute(CHECKED_SQL, source=source.pk, waiting=waiting)


def _title(item: Item) -> str:
    return (item.title or item.external_id.rsplit("/", 1)[-1])[:500]


def _execute(sql: str, **parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, {**parameters, "now": timezone.now()})


def _batches(values: list[T]) -> Iterable[list[T]]:
    for begin in range(0, len(values), BATCH):
        yield values[begin : begin + BATCH]
