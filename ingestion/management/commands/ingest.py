"""`manage.py ingest PATH`: ingests a folder in the foreground and prints what came of it."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError

from app.corpus.models import Source
from ingestion.foreground import RunFailed, run_source
from ingestion.models import DocumentFailure
from ingestion.progress import progress_bar
from ingestion.sources import SourceError, change_source, create_source
from ingestion.status import source_status


class Command(BaseCommand):
    help = "Ingest a folder in the foreground. Run again, it takes in only what has changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", help="the folder")
        parser.add_argument("--source", help="the source's name (default: the folder's name)")
        parser.add_argument(
            "--group", action="append", default=[], metavar="NAME",
            help="a group that may read it, repeated for several; without any, everyone who signs in may",
        )  # fmt: skip
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")

    def handle(self, **options: Any) -> None:
        path = Path(options["path"]).expanduser().resolve()
        if not path.is_dir():
            raise CommandError(f"{path} is not a folder.")
        source = source_for(path, options["source"] or path.name, options["group"])
        try:
            with progress_bar(source.name) as report:
                run, _ = run_source(source, report)
        except RunFailed as error:
            raise CommandError(str(error)) from error
        status = source_status(source)
        failures = DocumentFailure.objects.filter(document__source=source).select_related("document")
        counts = {
            "source": source.name, "listed": run.listed, "added": run.added, "updated": run.updated,
            "moved": run.moved, "unchanged": run.unchanged, "removed": run.removed,
            "documents": status.documents, "searchable": status.searchable,
            "duplicates": status.duplicates, "failed": status.failed, "waiting": status.waiting,
            "failures": [
                {"external_id": f.document.external_id, "reason": f.reason, "message": f.message}
                for f in failures.order_by("document__external_id")
            ],
        }  # fmt: skip
        self.stdout.write(json.dumps(counts) if options["json"] else as_text(counts))


def source_for(path: Path, name: str, group_names: list[str]) -> Source:
    """The folder source of that name, made if need be, readable by the groups given."""
    groups = list(Group.objects.filter(name__in=group_names))
    if missing := set(group_names) - {group.name for group in groups}:
        known = ", ".join(Group.objects.values_list("name", flat=True)) or "none yet"
        raise CommandError(f"There is no group called {min(missing)}; the groups are: {known}.")
    group_ids = [group.pk for group in groups]
    source: Source | None = Source.objects.filter(name=name).first()
    try:
        if source is None:
            return create_source(
                actor=None, name=name, kind=Source.Kind.FOLDER, everyone=not group_ids,
                group_ids=group_ids, settings={"path": str(path)},
            )  # fmt: skip
        if source.kind != Source.Kind.FOLDER or source.settings.get("path") != str(path):
            raise CommandError(f"The source {name} is something else already; give another --source.")
        if group_names:
            change_source(
                source, actor=None, everyone=False, group_ids=group_ids,
                refresh_interval=source.refresh_interval, freshness_target=source.freshness_target,
            )  # fmt: skip
    except SourceError as error:
        raise CommandError(str(error)) from error
    return source


def as_text(counts: dict[str, Any]) -> str:
    line = ", ".join(f"{counts[key]} {key}" for key in ("added", "updated", "moved", "unchanged", "removed"))
    lines = [f"{counts['source']}: {line}.", f"{counts['searchable']} of {counts['documents']} can be searched."]
    lines += [f"  {failure['external_id']}: {failure['message']}" for failure in counts["failures"]]
    return "\n".join(lines)
