"""What a person may do. A role is a named set of permissions; no role opens a document, that comes from groups."""

from collections.abc import Iterable

from django.db import models


class Role(models.TextChoices):
    ADMIN = "admin", "Admin"
    SOURCE_ADMIN = "source_admin", "Admin of named sources"
    REVIEWER = "reviewer", "Reviewer"
    OPERATOR = "operator", "Operator"
    AUDITOR = "auditor", "Auditor"


class Permission(models.TextChoices):
    """The label completes the sentence "may …"."""

    MANAGE_SOURCES = "manage_sources", "add, change, run and remove sources, and say who reads them"
    MANAGE_PEOPLE = "manage_people", "invite and deactivate people, and give roles and groups"
    SEE_PEOPLE = "see_people", "see people, groups and roles, and who may read what"
    MANAGE_KEYS = "manage_keys", "see and revoke everybody's API keys, and make service accounts"
    MANAGE_SIGN_ON = "manage_sign_on", "set up single sign-on and provisioning"
    MANAGE_PROMPTS = "manage_prompts", "write and activate prompts"
    MANAGE_MODELS = "manage_models", "see the state of models and put them in use"
    MANAGE_PERSONAL_DATA = "manage_personal_data", "change the rules on personal data, and export or erase a person's"
    MANAGE_BUDGETS = "manage_budgets", "set budgets and prices"
    REVIEW = "review", "grade answers of others that they may read, and settle reports"
    LEAD_REVIEWS = "lead_reviews", "settle flagged answers and choose answers for calibration"
    SEE_QUALITY = "see_quality", "see how good answers are, and runs of evaluation cases"
    ACT_ON_SIGNALS = "act_on_signals", "acknowledge and close signals"
    SEE_OPERATIONS = "see_operations", "see how the system runs"
    SEE_USAGE = "see_usage", "see usage and cost of everybody"
    SEE_AUDIT = "see_audit", "read the audit log"
    EXPORT_AUDIT = "export_audit", "export the audit log, and hold entries back from deletion"


ROLES: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission),
    Role.SOURCE_ADMIN: frozenset({Permission.MANAGE_SOURCES}),
    Role.REVIEWER: frozenset({Permission.REVIEW, Permission.SEE_QUALITY}),
    Role.OPERATOR: frozenset(
        {Permission.SEE_OPERATIONS, Permission.SEE_USAGE, Permission.SEE_QUALITY, Permission.ACT_ON_SIGNALS}
    ),
    Role.AUDITOR: frozenset({Permission.SEE_AUDIT, Permission.EXPORT_AUDIT, Permission.SEE_PEOPLE}),
}
# What these give holds for the sources that are named for the person, and for nothing else.
OF_NAMED_SOURCES = frozenset({Role.SOURCE_ADMIN})


def permissions_of(roles: Iterable[str]) -> frozenset[Permission]:
    """What holds everywhere. A role that this release does not know gives nothing."""
    return frozenset().union(*(ROLES[role] for role in _known(roles) if role not in OF_NAMED_SOURCES))


def permissions_of_named_sources(roles: Iterable[str]) -> frozenset[Permission]:
    return frozenset().union(*(ROLES[role] for role in _known(roles) if role in OF_NAMED_SOURCES))


def may_give(giver: Iterable[str], role: str) -> bool:
    """Nobody gives what they do not have themselves: all of the role's permissions, everywhere."""
    return role in Role.values and ROLES[Role(role)] <= permissions_of(giver)


def _known(roles: Iterable[str]) -> list[Role]:
    return [Role(role) for role in roles if role in Role.values]
