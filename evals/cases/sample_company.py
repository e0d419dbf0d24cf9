"""The sample company as the linter needs it: its accounts, who may read what, and the words of its documents."""

from functools import cache

from app.ops.sample_company import company, folder
from evals.cases.linter import Company
from evals.cases.quoting import words_of
from sample.tests.extraction import text_of


@cache
def sample_company() -> Company:
    """Texts come from the simplest reader of each format, so that cases judge the product's own parser as well."""
    data, documents = company(), folder() / "documents"
    groups = {account["email"]: set(account["groups"]) for account in data["account"]}
    sources = {source["folder"]: source for source in data["source"]}
    paths = sorted(path for path in documents.rglob("*") if path.is_file())
    texts = {path.relative_to(documents).as_posix(): text_of(path.read_bytes(), path.name) for path in paths}

    def may_read(email: str, path: str) -> bool:
        source = sources[path.partition("/")[0]]
        return bool(source.get("everyone")) or not groups.get(email, set()).isdisjoint(source.get("groups", []))

    return Company(frozenset(groups), {path: words_of(text) for path, text in texts.items()}, may_read)
