"""What a provider says of a person, made into roles and groups by rules that read as sentences. Pure.

    when groups contains "finance-team" then group "finance"
    when department is "IT" then role "operator"
    when groups contains "attest-admins" then role "admin"
    always group "employees"
    each value of groups is a group

One rule a line; `#` begins a remark. `contains` looks into a list, or compares a single value; `is` wants exactly that
value and no other. Capitals count, as group names may differ by them. `each value of …` never gives a role.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.accounts.permissions import Role

LONGEST_NAME = 150
MOST_RULES = 500
MOST_VALUES = 2000
CLAIM = r"(?P<claim>[^\s\"]+)"
WHEN = re.compile(rf'when {CLAIM} (?P<verb>contains|is) "(?P<value>[^"]+)" then (?P<kind>group|role) "(?P<name>[^"]+)"')
ALWAYS = re.compile(r'always (?P<kind>group|role) "(?P<name>[^"]+)"')
EACH = re.compile(rf"each value of {CLAIM} is a group")
SHAPES = (
    'when CLAIM contains "VALUE" then group "NAME"',
    'when CLAIM is "VALUE" then role "ROLE"',
    'always group "NAME"',
    "each value of CLAIM is a group",
)

Claims = Mapping[str, Any]


class WrongRuleError(ValueError):
    """A line that is no rule; the message says which and what would be one."""


@dataclass(frozen=True, slots=True)
class Given:
    """One role or group, and the rule that gave it."""

    kind: str
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Rule:
    text: str
    verb: str
    claim: str = ""
    value: str = ""
    kind: str = "group"
    name: str = ""

    def gives(self, claims: Claims) -> list[Given]:
        if self.verb == "each":
            return [Given("group", value, self.text) for value in values_of(claims, self.claim) if is_name(value)]
        return [Given(self.kind, self.name, self.text)] if self._holds(claims) else []

    def _holds(self, claims: Claims) -> bool:
        if self.verb == "always":
            return True
        values = values_of(claims, self.claim)
        return self.value in values if self.verb == "contains" else values == [self.value]


def read_rules(text: str) -> tuple[Rule, ...]:
    """The rules of the text. Raises WrongRuleError with a sentence for the first line that is none."""
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1)]
    rules = tuple(_rule(number, line) for number, line in lines if line and not line.startswith("#"))
    if len(rules) > MOST_RULES:
        raise WrongRuleError(f"There are {len(rules)} rules, but {MOST_RULES} at most are read.")
    return rules


def what_is_given(rules: Iterable[Rule], claims: Claims) -> list[Given]:
    """Every role and group once, by the first rule that gives it."""
    found: dict[tuple[str, str], Given] = {}
    for rule in rules:
        for given in rule.gives(claims):
            found.setdefault((given.kind, given.name), given)
    return list(found.values())


def values_of(claims: Claims, claim: str) -> list[str]:
    """The claim's values as texts. A name with dots that is not there is a path: `realm_access.roles`."""
    value: Any = claims.get(claim)
    if value is None and "." in claim:
        value = claims
        for part in claim.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
    values = value if isinstance(value, list | tuple) else [value]
    return [_as_text(each) for each in values[:MOST_VALUES] if isinstance(each, str | bool | int)]


def is_name(value: str) -> bool:
    return bool(value.strip()) and len(value) <= LONGEST_NAME and value.isprintable()


def _as_text(value: str | bool | int) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _rule(number: int, line: str) -> Rule:
    text = " ".join(line.split())
    if each := EACH.fullmatch(text):
        return Rule(text, "each", each["claim"])
    if always := ALWAYS.fullmatch(text):
        return Rule(text, "always", kind=always["kind"], name=_name(number, always["kind"], always["name"]))
    if when := WHEN.fullmatch(text):
        name = _name(number, when["kind"], when["name"])
        return Rule(text, when["verb"], when["claim"], when["value"], when["kind"], name)
    raise WrongRuleError(f"Line {number} is no rule: “{line[:80]}”. A rule reads: {'; or '.join(SHAPES)}.")


def _name(number: int, kind: str, name: str) -> str:
    if kind == "role" and name not in Role.values:
        raise WrongRuleError(f"Line {number} gives the role “{name[:40]}”, but the roles are {', '.join(Role.values)}.")
    if not is_name(name):
        raise WrongRuleError(f"Line {number} has a name longer than {LONGEST_NAME} characters.")
    return name
