"""What admins configured, as values to pass to the detectors; read from the database at most every few seconds."""

import functools
import hashlib
import json
import time
from dataclasses import dataclass

from app.safety.hosts import is_external
from app.safety.models import PersonalDataPattern, PersonalDataPolicy, PersonalDataWord
from app.safety.personal_data.policy import DEFAULT_DAYS, Policy
from app.safety.personal_data.rules import Rules

FRESH_FOR_S = 5


@dataclass(frozen=True)
class Configured:
    """Hosts are names, or with a dot in front everything below a domain."""

    policy: Policy
    rules: Rules
    redact_after_days: int = DEFAULT_DAYS
    inside_hosts: tuple[str, ...] = ()
    outside_hosts: tuple[str, ...] = ()

    def is_external(self, url: str) -> bool:
        return is_external(url, inside=self.inside_hosts, outside=self.outside_hosts)

    @property
    def digest(self) -> str:
        """The same for the same choices, patterns and lists."""
        said = [self.policy.chosen, self.rules.patterns, self.rules.always, self.rules.never]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def configured() -> Configured:
    """Blocking: from asynchronous code, call it in a thread. An admin's change holds everywhere within seconds."""
    return _read(int(time.monotonic() // FRESH_FOR_S))


def forget() -> None:
    """Read anew at the next call, in this process."""
    _read.cache_clear()


@functools.lru_cache(maxsize=1)
def _read(_moment: int) -> Configured:
    row = PersonalDataPolicy.objects.first() or PersonalDataPolicy()
    words = list(PersonalDataWord.objects.values_list("list", "text"))
    return Configured(
        Policy(row.chosen),
        Rules(
            patterns=tuple(PersonalDataPattern.objects.values_list("expression", flat=True)),
            always=tuple(text for which, text in words if which == PersonalDataWord.List.ALWAYS),
            never=tuple(text for which, text in words if which == PersonalDataWord.List.NEVER),
        ),
        row.redact_after_days,
        tuple(row.inside_hosts),
        tuple(row.outside_hosts),
    )
