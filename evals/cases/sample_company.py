"""The sample company as the linter needs it: its accounts, who may read what, and the words of its documents."""

from functools import cache

from app.ops.sample_company import company, folder
from evals.cases.linter import Company
from evals.cases.quoting import words_of
from evals.cases.readers import may_read
from sample.tests.extraction import text_of


@cache
def sample_company() -> Company:
    """Texts come from the simplest reader of each format, so that cases judge the product's own parser as well."""
    documents = folder() / "documents"
    emails = frozenset(account["email"] for account in company()["account"])
    paths = sorted(path for path in documents.rglob("*") if path.is_file())
    texts = {path.relative_to(documents).as_posix(): text_of(path.read_bytes(), path.name) for path in paths}
    return Company(emails, {path: words_of(text) for path, text in texts.items()}, may_read)
