"""Puts a version of a prompt in use: with a release, by an admin, or by going back to the one before."""

from datetime import UTC, datetime, time
from typing import Any

from django.db import transaction

from app.audit.events import PROMPT_ACTIVATED, PROMPT_ROLLED_BACK, PROMPT_WRITTEN, record_event
from app.prompts.active import forget_active_prompts
from app.prompts.kinds import KINDS, complaints
from app.prompts.models import PromptActivation, PromptVersion
from app.prompts.shipped import hash_of, newest_shipped, shipped, shipped_names

SYSTEM = "system"


class PromptRefused(ValueError):  # noqa: N818 - the name says what happened
    """The text cannot be used; the message says what to change."""


@transaction.atomic
def register_shipped() -> None:
    """Make the shipped texts versions, and the newest of each prompt the active one unless an admin chose another."""
    known = set(PromptVersion.objects.values_list("name", "hash"))
    PromptVersion.objects.bulk_create(
        (
            PromptVersion(
                name=name, text=each.text, hash=each.hash, author=each.author, reason=each.reason, file=each.file,
                created_at=datetime.combine(each.created, time(), UTC),
            )
            for name in shipped_names()
            for each in shipped(name)
            if (name, each.hash) not in known
        ),
        ignore_conflicts=True,
    )  # fmt: skip
    current = {activation.version.name: activation for activation in current_activations()}
    for name in shipped_names():
        _follow_release(name, current.get(name))


def _follow_release(name: str, current: PromptActivation | None) -> None:
    newest = newest_shipped(name)
    if current is not None and (not current.follows_releases or current.version.hash == newest.hash):
        return
    PromptActivation.objects.create(
        version=PromptVersion.objects.get(name=name, hash=newest.hash), kind=PromptActivation.Kind.SHIPPED,
        follows_releases=True, actor_label=SYSTEM, reason=newest.reason,
    )  # fmt: skip


def current_activations() -> list[PromptActivation]:
    """The one in use of each prompt."""
    latest = PromptActivation.objects.order_by("version__name", "-pk").distinct("version__name")
    return list(latest.select_related("version"))


def current_activation(name: str) -> PromptActivation | None:
    return PromptActivation.objects.filter(version__name=name).select_related("version").first()


@transaction.atomic
def write_version(name: str, *, text: str, reason: str, author: Any) -> PromptVersion:
    """A new text, not yet in use; the version that has this text already, if one has. Raises PromptRefused."""
    text = "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"
    if said := complaints(name, text):
        raise PromptRefused(" ".join(said))
    version, is_new = PromptVersion.objects.get_or_create(
        name=name,
        hash=hash_of(text),
        defaults={"text": text, "author": author.email, "written_by": author, "reason": reason},
    )
    if is_new:
        record_event(author, PROMPT_WRITTEN, f"prompt:{name}", version=str(version), reason=reason)
    return version


@transaction.atomic
def activate(
    version: PromptVersion, *, reason: str, actor: Any, run: str = "", without_run: str = ""
) -> PromptActivation:
    """On the run of that name, or with the reason why there is none; `app.quality` looks for one.

    Raises PromptRefused for a text that the code of this release cannot use, ValueError for neither run nor reason.
    """
    if not run and not without_run:
        raise ValueError("A prompt is activated on a passing run, or with the reason why there is none.")
    grounds = {"run": run, "without_run": without_run}
    kind = PromptActivation.Kind.ACTIVATED
    return _put_in_use(version, kind, PROMPT_ACTIVATED, reason=reason, actor=actor, grounds=grounds)


@transaction.atomic
def roll_back(version: PromptVersion, *, reason: str, actor: Any) -> PromptActivation:
    """As `activate`, for a version that was in use before: that needs no run."""
    kind = PromptActivation.Kind.ROLLED_BACK
    return _put_in_use(version, kind, PROMPT_ROLLED_BACK, reason=reason, actor=actor, grounds={})


def in_use_before(name: str) -> PromptVersion | None:
    """The version that was in use before the current one, which a rollback brings back; None for none."""
    current = current_activation(name)
    if current is None:
        return None
    others = PromptActivation.objects.filter(version__name=name).exclude(version=current.version)
    before = others.select_related("version").first()
    return before.version if before else None


def _put_in_use(
    version: PromptVersion, kind: str, action: str, *, reason: str, actor: Any, grounds: dict[str, str]
) -> PromptActivation:
    if version.name not in KINDS or (said := complaints(version.name, version.text)):
        raise PromptRefused(" ".join(said) if version.name in KINDS else "This release has no such prompt.")
    before = current_activation(version.name)
    activation = PromptActivation.objects.create(
        version=version, kind=kind, reason=reason, actor=actor, actor_label=actor.email,
        follows_releases=version.hash == newest_shipped(version.name).hash, **grounds,
    )  # fmt: skip
    record_event(
        actor, action, f"prompt:{version.name}",
        before=str(before.version) if before else "", after=str(version), reason=reason, **grounds,
    )  # fmt: skip
    transaction.on_commit(forget_active_prompts)
    return activation
