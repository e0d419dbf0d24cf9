"""Readers by folder: within a source whose documents have paths, a folder may be for some groups alone.

The rules become restrictions like those that a source system tells, so everything that holds for these holds here: they
lie within the source's readers, hold from the next query on, and part documents that shared a text.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

from django.db import transaction

from app.accounts.models import User
from app.audit.events import FOLDER_READERS_CHANGED, record_event
from app.corpus.models import Document, FolderReaders, Source
from ingestion.connectors.base import Item, Readers
from ingestion.readers import change_readers, take_turns

# Their external ids are paths, and their systems tell no readers of their own.
KINDS_WITH_FOLDERS = frozenset({"folder", "files", "git"})
# No group has this number: a folder for no group at all is for nobody.
NOBODY = Readers(group_ids=frozenset({0}))


def has_folders(source: Source) -> bool:
    return source.kind in KINDS_WITH_FOLDERS


def folder_rules(source: Source) -> dict[str, frozenset[int]]:
    if not has_folders(source):
        return {}
    rows = FolderReaders.objects.filter(source=source).values_list("path", "group_ids")
    return {path: frozenset(group_ids) for path, group_ids in rows}


def readers_in(rules: Mapping[str, frozenset[int]], external_id: str) -> Readers | None:
    """Of the deepest folder that has a rule and holds the document; None where none does. A pure function."""
    parts = external_id.strip("/").split("/")
    for depth in range(len(parts) - 1, 0, -1):
        groups = rules.get("/".join(parts[:depth]))
        if groups is not None:
            return Readers(group_ids=groups) if groups else NOBODY
    return None


def with_folder_readers(source: Source, items: list[Item]) -> list[Item]:
    """The items with the readers that their folders have here, where their source tells none.

    Until the transaction ends, the rules stay as they are read here.
    """
    if not has_folders(source):
        return items
    take_turns(source.pk)
    rules = folder_rules(source)
    if not rules:
        return items
    return [
        item if item.readers is not None else replace(item, readers=readers_in(rules, item.external_id))
        for item in items
    ]


@transaction.atomic
def set_folder_readers(source: Source, rules: Mapping[str, Collection[int]], *, actor: User | None) -> int:
    """Exactly these folders have readers of their own from the next query on; returns how many documents changed."""
    take_turns(source.pk)
    before = {path: sorted(groups) for path, groups in folder_rules(source).items()}
    after = {path: sorted(set(groups)) for path, groups in rules.items()}
    if before == after:
        return 0
    FolderReaders.objects.filter(source=source).delete()
    FolderReaders.objects.bulk_create(
        FolderReaders(source=source, path=path, group_ids=groups) for path, groups in after.items()
    )
    settled = folder_rules(source)
    names = Document.objects.filter(source=source).values_list("external_id", flat=True)
    changed = change_readers(source, {name: readers_in(settled, name) for name in names})
    record_event(
        actor, FOLDER_READERS_CHANGED, f"source:{source.pk}", before=before, after=after, documents=changed.documents
    )
    return changed.documents
