"""What the sample company offers to somebody who tries the product: accounts to sign in with and questions to ask.

Accounts are listed in development mode alone, and everything only while the sample is really loaded.
"""

import functools
import tomllib
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from app.accounts.models import User
from app.corpus.access import Reader
from app.corpus.models import Source

DESCRIPTION = settings.BASE_DIR / "sample" / "company.toml"
MOST_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class SampleAccount:
    email: str
    name: str
    description: str
    password: str


def sample_accounts() -> list[SampleAccount]:
    """The accounts that exist, in development mode."""
    if not settings.DEBUG:
        return []
    described = description().get("account", [])
    existing = set(User.objects.filter(email__in=[row["email"] for row in described]).values_list("email", flat=True))
    password = description().get("accounts", {}).get("password", "")
    return [
        SampleAccount(row["email"], row.get("name", ""), row.get("description", ""), password)
        for row in described
        if row["email"] in existing
    ]


def example_questions(reader: Reader) -> list[str]:
    """Questions that the sample's open documents answer; none unless this reader can read such a source."""
    open_sources = [row["name"] for row in description().get("source", []) if row.get("everyone")]
    if not open_sources or not Source.objects.readable_by(reader).filter(name__in=open_sources).exists():
        return []
    questions: list[str] = description().get("questions", {}).get("everyone", [])
    return questions[:MOST_EXAMPLES]


@functools.cache
def description() -> dict[str, Any]:
    """The sample's own description; empty where the product was installed without it."""
    if not DESCRIPTION.exists():
        return {}
    return tomllib.loads(DESCRIPTION.read_text(encoding="utf-8"))
