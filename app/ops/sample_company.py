"""Loads the fictional company in sample/: its groups, accounts, sources and documents. Only where DEBUG is on.

Loading again repairs and completes: what is there already is kept.
"""

import tomllib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group

from app.accounts.models import User
from app.accounts.people import add_person
from app.corpus.models import Source
from ingestion.sources import create_source


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sample account, as `make run` and the sign-in page show it."""

    email: str
    password: str
    description: str


def company() -> dict[str, Any]:
    return tomllib.loads((folder() / "company.toml").read_text())


def folder() -> Path:
    return Path(settings.BASE_DIR) / "sample"


def sign_ins() -> list[SignIn]:
    """The sample accounts that exist here; none where DEBUG is off."""
    if not settings.DEBUG:
        return []
    data = company()
    known = set(User.objects.values_list("email", flat=True))
    return [
        SignIn(account["email"], data["accounts"]["password"], account["description"])
        for account in data["account"]
        if account["email"] in known
    ]


def load_people() -> None:
    data = company()
    groups = {row["name"]: Group.objects.get_or_create(name=row["name"])[0] for row in data["group"]}
    for account in data["account"]:
        roles = [role for role in account.get("roles", []) if role != "employee"]
        user = add_person(account["email"], data["accounts"]["password"], name=account["name"], roles=roles)
        user.groups.set([groups[name] for name in account.get("groups", [])])


def load_sources() -> list[Source]:
    """The company's sources, made where they are missing, with what company.toml says of single documents."""
    data = company()
    groups = dict(Group.objects.values_list("name", "pk"))
    return [_source(row, groups, _metadata(data, row["folder"])) for row in data["source"]]


def _source(row: dict[str, Any], groups: dict[str, int], metadata: dict[str, dict[str, str]]) -> Source:
    existing: Source | None = Source.objects.filter(name=row["name"]).first()
    if existing is not None:
        return existing
    return create_source(
        actor=None,
        name=row["name"],
        kind=Source.Kind.FOLDER,
        everyone=row.get("everyone", False),
        group_ids=[groups[name] for name in row.get("groups", [])],
        settings={"path": str(folder() / "documents" / row["folder"]), "metadata": metadata},
        refresh_interval=timedelta(minutes=row["refresh_interval_minutes"]),
        freshness_target=timedelta(days=row["freshness_target_days"]),
    )


def _metadata(data: dict[str, Any], name: str) -> dict[str, dict[str, str]]:
    """What company.toml says of the documents of one folder, by path relative to it."""
    rows = {}
    for row in data.get("document", []):
        top, _, rest = row["path"].removeprefix("documents/").partition("/")
        if top == name:
            rows[rest] = {key: str(row[key]) for key in ("owner", "modified_at", "valid_until") if key in row}
    return rows
