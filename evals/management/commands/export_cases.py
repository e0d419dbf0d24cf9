"""`manage.py export_cases --to FOLDER`: the approved cases from reviews as lines of JSON that people look through."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from app.accounts.models import User
from app.corpus.access import Reader, reader_for
from app.corpus.models import Document
from app.reviews.cases import approved_cases, exported, path_of
from evals.cases.case import CaseError, Line, case_of, read_lines
from evals.cases.linter import Company, lint
from evals.cases.quoting import words_of

FILE = "reviewed.jsonl"


class Command(BaseCommand):
    help = "Write approved cases from reviews to FOLDER/reviewed.jsonl; what is wrong with one is said, and none is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="the folder of cases")

    def handle(self, **options: Any) -> None:
        folder: Path = options["to"]
        if not folder.is_dir():
            raise CommandError(f"{folder} is no folder.")
        texts = {case.name: json.dumps(exported(case), ensure_ascii=False) for case in approved_cases()}
        refuse_wrong(folder, texts)
        path = folder / FILE
        kept = {row["id"]: json.dumps(row, ensure_ascii=False) for row in rows_of(path)}
        merged = kept | texts
        path.write_text("".join(f"{merged[name]}\n" for name in sorted(merged)), encoding="utf-8")
        fresh = len(texts.keys() - kept.keys())
        self.stdout.write(f"{len(texts)} approved cases in {path}, {fresh} of them new. Look through them and commit.")


def rows_of(path: Path) -> list[dict[str, Any]]:
    """Cases of an earlier export, perhaps of another installation, stay."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line] if path.exists() else []


def refuse_wrong(folder: Path, texts: dict[str, str]) -> None:
    """By the linter of cases, over this installation's documents and accounts. Raises CommandError."""
    lines = [_line(number, text) for number, text in enumerate(texts.values(), start=1)]
    sentences = [str(problem) for problem in lint(lines, this_company(), fewest=0, fewest_of_a_kind=0)]
    elsewhere = {line.case.id: line.file for line in read_lines(folder) if line.case and line.file != FILE}
    sentences += [f"{name}: the id is taken in {elsewhere[name]}." for name in texts if name in elsewhere]
    if sentences:
        raise CommandError("\n".join(["Nothing was written. Mend these cases on the page Reviews first:", *sentences]))


def _line(number: int, text: str) -> Line:
    try:
        return Line(FILE, number, case_of(text))
    except CaseError as error:
        return Line(FILE, number, None, str(error))


def this_company() -> Company:
    """What the linter compares with: the accounts and documents of this installation."""
    documents = {path_of(each): each for each in Document.objects.searchable().select_related("source")}
    texts = Document.objects.filter(pk__in=[each.pk for each in documents.values()]).values_list(
        "pk", "current_version__text"
    )
    words = {pk: words_of(text or "") for pk, text in texts}

    def may_read(email: str, path: str) -> bool:
        reader = Reader()
        for user in User.objects.filter(email=email):
            reader = reader_for(user)
        return bool(Document.objects.readable_by(reader).filter(pk=documents[path].pk).exists())

    emails = User.objects.filter(is_active=True).values_list("email", flat=True)
    return Company(frozenset(emails), {path: words[each.pk] for path, each in documents.items()}, may_read)
