"""People: a user signs in by e-mail, belongs to groups (who may read what) and has roles (who may do what)."""

from typing import Any, ClassVar

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, Group, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from app.accounts.permissions import Permission, Role, permissions_of, permissions_of_named_sources
from app.accounts.scopes import EVERY_SCOPE, Scope

__all__ = ["LOCAL", "ApiKey", "GroupOrigin", "Membership", "Role", "User", "UserManager"]


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_superuser=True, roles=[Role.ADMIN], **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who signs in, or a service: an account for programs, which has keys, groups and an owner, and no way
    to sign in."""

    class Kind(models.TextChoices):
        PERSON = "person", "Person"
        SERVICE = "service", "Service account"

    email = models.EmailField(unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.PERSON)
    owner = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="services")
    name = models.CharField(max_length=120, blank=True)
    roles = ArrayField(models.CharField(max_length=16, choices=Role.choices), default=list, blank=True)
    is_active = models.BooleanField(default=True)
    # Who closed the account (`local`, `scim`); empty while it is open, and where that was not noted.
    closed_by = models.CharField(max_length=80, blank=True, default="", db_default="", editable=False)
    date_joined = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = (
            models.UniqueConstraint(Lower("email"), name="user_email_unique_any_case"),
            models.CheckConstraint(
                condition=Q(kind="person", owner=None)
                | Q(kind="service", owner__isnull=False, password__startswith=UNUSABLE_PASSWORD_PREFIX),
                name="a_service_has_an_owner_and_no_password",
            ),
        )

    def __str__(self) -> str:
        return self.email

    @property
    def display_name(self) -> str:
        return self.name or self.email.split("@")[0]

    @property
    def is_service(self) -> bool:
        return self.kind == self.Kind.SERVICE

    @property
    def is_admin(self) -> bool:
        return Role.ADMIN in self.roles

    def may(self, permission: Permission, source: Any = None) -> bool:
        """Whether a role gives it: everywhere, or for `source` (a Source or its number) if it is named for them."""
        if not self.is_active:
            return False
        if permission in permissions_of(self.roles):
            return True
        if source is None or permission not in permissions_of_named_sources(self.roles):
            return False
        return self.administered_sources.filter(pk=getattr(source, "pk", source)).exists()

    def may_for_some_source(self, permission: Permission) -> bool:
        """Whether there can be a source for which they may: it opens lists, which then show those sources alone."""
        named = permissions_of_named_sources(self.roles)
        return self.is_active and (permission in permissions_of(self.roles) or permission in named)

    def get_full_name(self) -> str:
        return self.display_name


LOCAL = "local"


class GroupOrigin(models.Model):
    """Who made a group: `local`, `sign-on:<provider>` or `scim`. A group without a row is local."""

    group = models.OneToOneField(Group, on_delete=models.CASCADE, related_name="made_by")
    origin = models.CharField(max_length=80, default=LOCAL)

    def __str__(self) -> str:
        return f"{self.group_id} by {self.origin}"


class Membership(models.Model):
    """That `origin` gives a user a group. `user.groups` holds the groups that anybody gives (`groups.py`)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="memberships")
    origin = models.CharField(max_length=80, default=LOCAL)
    given_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    given_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "group", "origin"], name="membership_once_per_origin"),)

    def __str__(self) -> str:
        return f"{self.user_id} in {self.group_id} by {self.origin}"


def every_scope() -> list[str]:
    return list(EVERY_SCOPE)


class ApiKey(models.Model):
    """A secret for a program. Only its hash is kept; it acts with its user's rights, as far as its scopes reach.

    It works in `networks` (all, where none is named) until `expires_at`; keys from before keys expired have none. One
    that is replaced ends a while after its successor was made.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16, unique=True)
    secret_hash = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=32, choices=Scope.choices), default=every_scope)
    networks = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    replaced_by = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="replaces"
    )
    last_used_at = models.DateTimeField(null=True)
    last_used_from = models.GenericIPAddressField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"

    @property
    def has_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()
