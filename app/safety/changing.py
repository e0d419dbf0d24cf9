"""What admins do to the rules on personal data; each act is audited and holds in this process at once.

The audit names patterns and lists, and never a listed word or an example: those are personal data themselves.
"""

from collections.abc import Mapping, Sequence

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction

from app.audit import events
from app.audit.events import record_event
from app.safety.configured import forget
from app.safety.models import PersonalDataPattern, PersonalDataPolicy, PersonalDataWord
from app.safety.personal_data.rules import PatternError, checked

MOST_PATTERNS, MOST_WORDS = 50, 500


class RuleError(ValueError):
    """The rule cannot be taken as it is; the message tells an admin what to change."""


def change_policy(
    actor: AbstractBaseUser,
    *,
    chosen: Mapping[str, Mapping[str, str]],
    days: int,
    inside: Sequence[str],
    outside: Sequence[str],
) -> None:
    row = PersonalDataPolicy.objects.first() or PersonalDataPolicy()
    before = _said(row)
    row.chosen, row.redact_after_days = dict(chosen), days
    row.inside_hosts, row.outside_hosts = list(inside), list(outside)
    with transaction.atomic():
        row.save()
        record_event(actor, events.PERSONAL_DATA_POLICY_CHANGED, "personal-data", before=before, after=_said(row))
    forget()


def _said(row: PersonalDataPolicy) -> dict[str, object]:
    return {
        "chosen": row.chosen, "days": row.redact_after_days, "inside": row.inside_hosts, "outside": row.outside_hosts,
    }  # fmt: skip


def add_pattern(actor: AbstractBaseUser, *, name: str, expression: str, example: str) -> PersonalDataPattern:
    """Raises RuleError."""
    if PersonalDataPattern.objects.count() >= MOST_PATTERNS:
        raise RuleError(f"There can be {MOST_PATTERNS} patterns at most. Remove one first.")
    try:
        checked(expression, example)
    except PatternError as error:
        raise RuleError(str(error)) from None
    try:
        with transaction.atomic():
            pattern = PersonalDataPattern.objects.create(
                name=name, expression=expression, example=example, created_by_id=actor.pk
            )
            record_event(
                actor, events.PERSONAL_DATA_PATTERN_ADDED, f"pattern:{pattern.pk}", name=name, expression=expression
            )
    except IntegrityError:
        raise RuleError("There is a pattern of that name already.") from None
    forget()
    return pattern


@transaction.atomic
def remove_pattern(actor: AbstractBaseUser, pattern: PersonalDataPattern) -> None:
    record_event(
        actor, events.PERSONAL_DATA_PATTERN_REMOVED, f"pattern:{pattern.pk}", name=pattern.name,
        expression=pattern.expression,
    )  # fmt: skip
    pattern.delete()
    transaction.on_commit(forget)


def add_word(actor: AbstractBaseUser, *, which: str, text: str) -> PersonalDataWord:
    """Raises RuleError."""
    if PersonalDataWord.objects.count() >= MOST_WORDS:
        raise RuleError(f"There can be {MOST_WORDS} words at most. Remove one first.")
    try:
        with transaction.atomic():
            word = PersonalDataWord.objects.create(list=which, text=text, created_by_id=actor.pk)
            record_event(actor, events.PERSONAL_DATA_WORD_ADDED, f"word:{word.pk}", list=which)
    except IntegrityError:
        raise RuleError("That is in one of the lists already.") from None
    forget()
    return word


@transaction.atomic
def remove_word(actor: AbstractBaseUser, word: PersonalDataWord) -> None:
    record_event(actor, events.PERSONAL_DATA_WORD_REMOVED, f"word:{word.pk}", list=word.list)
    word.delete()
    transaction.on_commit(forget)
