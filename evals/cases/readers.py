"""Who may read which document of the sample company, worked out from company.toml and not by the product's filter."""

from functools import cache

from app.ops.sample_company import company


def may_read(email: str, path: str) -> bool:
    """Whether the account may read the document at this path below `documents`; a stranger reads what everyone may."""
    groups, sources = _groups(), _sources()
    source = sources.get(path.partition("/")[0])
    if source is None:
        return False
    everyone, readers = source
    return everyone or not groups.get(email, frozenset()).isdisjoint(readers)


@cache
def _groups() -> dict[str, frozenset[str]]:
    return {account["email"]: frozenset(account["groups"]) for account in company()["account"]}


@cache
def _sources() -> dict[str, tuple[bool, frozenset[str]]]:
    """By folder: whether everyone reads it, and which groups do."""
    return {
        source["folder"]: (bool(source.get("everyone")), frozenset(source.get("groups", [])))
        for source in company()["source"]
    }
