"""What provisioning keeps beside people and groups: its tokens, and the names by which a provider knows each."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone


class ScimToken(models.Model):
    """The secret of one identity provider. Only its hash is kept."""

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16, unique=True)
    secret_hash = models.CharField(max_length=64)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"

    def is_live(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())


class ScimUser(models.Model):
    """A person as a provider knows them. People without a row are known by their address alone.

    `removed_at` is set once the provider deleted the person: for it they are gone, here the account is closed.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="scim")
    user_name = models.CharField(max_length=254)
    external_id = models.CharField(max_length=254, blank=True)
    name = models.JSONField(default=dict)
    changed_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                Lower("user_name"), condition=Q(removed_at__isnull=True), name="scim_user_name_unique_any_case"
            ),
            models.UniqueConstraint(
                fields=["external_id"],
                condition=Q(removed_at__isnull=True) & ~Q(external_id=""),
                name="scim_user_external_id_unique",
            ),
        )

    def __str__(self) -> str:
        return self.user_name


class ScimGroup(models.Model):
    """A group that a provider made."""

    group = models.OneToOneField(Group, on_delete=models.CASCADE, related_name="scim")
    external_id = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["external_id"], condition=~Q(external_id=""), name="scim_group_external_id_unique"
            ),
        )

    def __str__(self) -> str:
        return self.group.name
