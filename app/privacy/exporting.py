"""Makes the export of one person's data: a ZIP of JSON files with a page that says what is in each."""

import secrets
import zipfile
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone

from app.accounts.models import User
from app.answers.models import Question
from app.audit.events import PERSON_EXPORT_ASKED, PERSON_EXPORT_MADE, record_event
from app.audit.models import AuditEvent
from app.corpus.access import Reader, reader_for
from app.corpus.models import Document
from app.privacy.files import delete_file, file_of, private
from app.privacy.gathering import PARTS, Subject
from app.privacy.models import PersonExport

# A person with so many questions or entries gets the file from a worker: the page would take too long.
LARGE = 200
LARGE_AUDIT = 5000
encoder = DjangoJSONEncoder(ensure_ascii=False)


@transaction.atomic
def ask_to_export(person: User, *, actor: User) -> PersonExport:
    """The row that the file will belong to. One that was asked for before goes."""
    for old in PersonExport.objects.filter(person=person, asked_by=actor):
        forget_export(old)
    until = timezone.now() + timedelta(days=settings.ATTEST_KEEP_EXPORTS_DAYS)
    export = PersonExport.objects.create(person=person, asked_by=actor, expires_at=until)
    record_event(actor, PERSON_EXPORT_ASKED, f"user:{person.pk}", export=export.pk)
    return export


def is_large(person: User) -> bool:
    questions = Question.objects.filter(conversation__user=person)[LARGE:].exists()
    return questions or AuditEvent.objects.filter(actor=person)[LARGE_AUDIT:].exists()


def live_exports(person: User, *, asked_by: User) -> "QuerySet[PersonExport]":
    return PersonExport.objects.filter(person=person, asked_by=asked_by, expires_at__gt=timezone.now())


def make_export(export_id: int) -> None:
    """Write the file. Done twice, it is written anew; one that is gone meanwhile is left alone."""
    export = PersonExport.objects.select_related("person", "asked_by").filter(pk=export_id).first()
    if export is None or export.state == PersonExport.State.READY:
        return
    subject = Subject(export.person, readers_of(export))
    path = file_of(export)
    # Two workers that were given the same export do not write into one file.
    unfinished = path.with_suffix(f".{secrets.token_hex(8)}.part")
    try:
        write(unfinished, subject, export)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        PersonExport.objects.filter(pk=export.pk).update(state=PersonExport.State.FAILED)
        raise
    with transaction.atomic():
        if not PersonExport.objects.select_for_update().filter(pk=export.pk).exists():
            unfinished.unlink()
            return
        unfinished.replace(path)
        PersonExport.objects.filter(pk=export.pk).update(
            state=PersonExport.State.READY, size=path.stat().st_size, withheld=subject.withheld,
            documents=sorted(subject.documents),
        )  # fmt: skip
        record_event(
            export.asked_by, PERSON_EXPORT_MADE, f"user:{export.person_id}", export=export.pk,
            withheld=subject.withheld,
        )  # fmt: skip


def readers_of(export: PersonExport) -> tuple[Reader, ...]:
    """With whose rights words of documents are told: the person's, and those of whoever asked."""
    people = {export.person_id: export.person, export.asked_by_id: export.asked_by}
    return tuple(reader_for(each) for each in people.values())


def may_still_be_fetched(export: PersonExport) -> bool:
    """Whether both may still read everything that the file tells of; a file lies for days."""
    documents = set(export.documents)
    return all(
        Document.objects.readable_by(reader).filter(pk__in=documents).count() == len(documents)
        for reader in readers_of(export)
    )


def forget_export(export: PersonExport) -> None:
    delete_file(export)
    export.delete()


def write(path: Path, subject: Subject, export: PersonExport) -> None:
    told = []
    path.touch(mode=0o600)
    private(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in PARTS:
            with archive.open(part.file, "w", force_zip64=True) as file:
                told.append((part, _write_rows(file, part.rows(subject))))
        page = render_to_string(
            "privacy/export_index.html", {"person": subject.user, "parts": told, "subject": subject, "export": export}
        )
        archive.writestr("index.html", page)


def _write_rows(file: Any, rows: Iterable[dict[str, Any]]) -> int:
    """As one JSON array, row by row; returns how many there were."""
    number = 0
    file.write(b"[")
    for row in rows:
        file.write((",\n" if number else "\n").encode() + encoder.encode(row).encode())
        number += 1
    file.write(b"\n]\n")
    return number
