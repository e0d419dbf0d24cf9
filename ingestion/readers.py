"""Who may read a document at its source, as access sets here: one row for each distinct restriction of a source.

A restriction narrows its source's readers and never widens them. It is kept in the source's words, and what
it means here is worked out again when our people or groups change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from app.accounts.models import User
from app.audit import events
from app.corpus.models import AccessSet, Chunk, Document, Source
from ingestion.connectors.base import Readers
from ingestion.models import IngestionJob, SyncRun
from ingestion.parting import part_from_twins, withhold_outdated
from ingestion.principals import principals_of, settle

SETS_LOCK = 7_203
MAPPING = 0
BATCH = 5000

DIFFERING_SQL = """
    SELECT document.id, wanted.goal
    FROM unnest(%(names)s::text[], %(goals)s::bigint[]) AS wanted(name, goal)
    JOIN corpus_document document ON document.source_id = %(source)s AND document.external_id = wanted.name
    WHERE document.access_set_id <> wanted.goal
"""
MOVE_DOCUMENTS_SQL = """
    UPDATE corpus_document AS document SET access_set_id = wanted.goal
    FROM unnest(%(documents)s::bigint[], %(goals)s::bigint[]) AS wanted(id, goal) WHERE document.id = wanted.id
"""
MOVE_CHUNKS_SQL = """
    UPDATE corpus_chunk AS chunk SET access_set_id = wanted.goal
    FROM unnest(%(documents)s::bigint[], %(goals)s::bigint[]) AS wanted(id, goal)
    WHERE chunk.document_id = wanted.id AND chunk.access_set_id <> wanted.goal
"""


@dataclass(frozen=True, slots=True)
class ReadersChanged:
    """How many `documents` have other readers now, and which lost a text they shared and are queued to be read."""

    documents: int
    to_read_again: list[int]


@transaction.atomic
def access_set_for(source: Source, readers: Readers | None) -> AccessSet:
    """The set for `readers` of a document of `source`. Call it in the transaction that uses the set."""
    return access_sets_for(source, [readers])[readers]


@transaction.atomic
def access_sets_for(source: Source, wanted: Iterable[Readers | None]) -> dict[Readers | None, AccessSet]:
    """As `access_set_for`, for many at once."""
    principals = {readers: principals_of(readers) for readers in wanted if readers is not None}
    if not principals:
        return {None: source.access_set}
    take_turns(source.pk)
    known = {_key(row.principals): row for row in _restrictions_of(source)}
    missing = {_key(words): words for words in principals.values() if _key(words) not in known}
    new = [AccessSet(within=source.access_set, principals=words) for words in missing.values()]
    settle(new)
    known |= {_key(row.principals): row for row in AccessSet.objects.bulk_create(new, batch_size=BATCH)}
    return {None: source.access_set} | {readers: known[_key(words)] for readers, words in principals.items()}


@transaction.atomic
def change_readers(
    source: Source, readers: Mapping[str, Readers | None], *, run: SyncRun | None = None
) -> ReadersChanged:
    """Give the documents with these external ids the readers that the source says they have now.

    Documents and chunks change together. Call it late in a transaction: the audit trail waits for its end.
    """
    sets = access_sets_for(source, set(readers.values()))
    changed = _lock_changed(source, {name: sets[wanted].pk for name, wanted in readers.items()})
    if not changed:
        return ReadersChanged(0, [])
    apart = part_from_twins(changed) + withhold_outdated(changed)
    _move(changed)
    _queue(apart, run)
    events.record_event(None, events.READERS_CHANGED, f"source:{source.pk}", documents=len(changed))
    return ReadersChanged(len(changed), apart)


@transaction.atomic
def map_principals_again(among: Q | None = None) -> int:
    """Work out anew what the restrictions (`among` all) mean here; returns how many of them changed."""
    take_turns(MAPPING)
    sets = list(AccessSet.objects.filter(among or Q(), principals__isnull=False))
    before = {row.pk: (row.user_ids, row.group_ids) for row in sets}
    settle(sets)
    changed = [row for row in sets if before[row.pk] != (row.user_ids, row.group_ids)]
    AccessSet.objects.bulk_update(changed, ["user_ids", "group_ids"], batch_size=BATCH)
    if changed:
        documents = Document.objects.filter(access_set__in=changed).count()
        events.record_event(None, events.READERS_CHANGED, "people", restrictions=len(changed), documents=documents)
    return len(changed)


@transaction.atomic
def drop_unused_sets(source: Source) -> int:
    """Delete the restrictions that no document of the source has any more; returns how many.

    While a run may be using them, none is deleted: the next call does it.
    """
    if not _is_free(source.pk):
        return 0
    used = Exists(Document.objects.filter(access_set=OuterRef("pk")))
    shown = Exists(Chunk.objects.filter(access_set=OuterRef("pk")))
    deleted, _ = _restrictions_of(source).exclude(used).exclude(shown).delete()
    return deleted


def refresh_restrictions() -> None:
    """What beat does each minute: whatever changed unnoticed holds now, and what is unused goes."""
    map_principals_again()
    for source in Source.objects.filter(access_set__narrowed__isnull=False).distinct():
        drop_unused_sets(source)


def follow_person(instance: User, update_fields: Iterable[str] | None = None, **_: Any) -> None:
    """Signal: a person was made, changed or deleted, so a restriction may mean somebody else now."""
    if update_fields is not None and not {"email", "is_active"} & set(update_fields):
        return  # Every sign-in saves the person.
    names_them = Q(principals__emails__contains=[instance.email.lower()]) | Q(user_ids__contains=[instance.pk])
    transaction.on_commit(lambda: map_principals_again(names_them), robust=True)


def follow_group(**_: Any) -> None:
    """Signal: a group was made, renamed or deleted."""
    transaction.on_commit(map_principals_again, robust=True)


def _restrictions_of(source: Source) -> "QuerySet[AccessSet]":
    return AccessSet.objects.filter(within_id=source.access_set_id, principals__isnull=False)


def _key(principals: Any) -> tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...]]:
    return tuple(principals["emails"]), tuple(principals["groups"]), tuple(principals.get("group_ids", ()))


def take_turns(key: int) -> None:
    """Until the transaction ends, nobody else makes or drops sets of this source, or maps principals."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [SETS_LOCK, key])


def _is_free(key: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [SETS_LOCK, key])
        return bool(cursor.fetchone()[0])


def _lock_changed(source: Source, goals: Mapping[str, int]) -> dict[int, int]:
    """The documents whose access set is not their goal, locked, so that no worker stores one meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(DIFFERING_SQL, {"source": source.pk, "names": list(goals), "goals": list(goals.values())})
        differing: dict[int, int] = dict(cursor.fetchall())
    list(Document.objects.select_for_update().filter(pk__in=differing).order_by("pk").values_list("pk"))
    return differing


def _move(changed: Mapping[int, int]) -> None:
    columns = {"documents": list(changed), "goals": list(changed.values())}
    with connection.cursor() as cursor:
        cursor.execute(MOVE_DOCUMENTS_SQL, columns)
        cursor.execute(MOVE_CHUNKS_SQL, columns)


def _queue(documents: list[int], run: SyncRun | None) -> None:
    rows = Document.objects.filter(pk__in=documents).values_list("pk", "fingerprint")
    jobs = [IngestionJob(document_id=key, run=run, fingerprint=fingerprint) for key, fingerprint in rows]
    IngestionJob.objects.bulk_create(jobs, batch_size=BATCH, ignore_conflicts=True)
