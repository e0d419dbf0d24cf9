"""Sign-on providers that an admin set up, what they gave to whom, and which session came from which sign-in."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from app.secrets_at_rest import SealBroken, seal, unseal
from app.signon.named_providers import SCOPES, Kind, Linking, NamedProvider, Provisioning

PURPOSE = "sign-on secrets"


def usual_scopes() -> list[str]:
    return list(SCOPES)


class SignOnProvider(models.Model):
    """`sealed_secret` is the client secret, encrypted; pages set it and never show it."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=[(each.value, each.name) for each in Kind], default=Kind.OIDC.value)
    is_enabled = models.BooleanField(default=False)
    issuer = models.CharField(max_length=500)
    client_id = models.CharField(max_length=191, blank=True)
    sealed_secret = models.TextField(blank=True)
    scopes = ArrayField(models.CharField(max_length=80), default=usual_scopes)
    linking = models.CharField(
        max_length=16, choices=[(each.value, each.name) for each in Linking], default=Linking.NEVER.value
    )
    provisioning = models.CharField(
        max_length=8, choices=[(each.value, each.name) for each in Provisioning], default=Provisioning.REFUSE.value
    )
    domains = ArrayField(models.CharField(max_length=253), default=list, blank=True)
    trusts_email = models.BooleanField(default=False)
    rules = models.TextField(blank=True)
    # Of SAML alone: what the provider says of itself, in XML, and whether it must encrypt.
    metadata = models.TextField(blank=True, db_default="")
    wants_encryption = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name

    @property
    def client_secret(self) -> str:
        """Raises SealBroken when its key is not configured any more."""
        return unseal(self.sealed_secret, PURPOSE).get("client_secret", "")

    @client_secret.setter
    def client_secret(self, secret: str) -> None:
        self.sealed_secret = seal({"client_secret": secret}, PURPOSE)

    @property
    def has_lost_its_secret(self) -> bool:
        try:
            return not self.client_secret and bool(self.sealed_secret)
        except SealBroken:
            return True

    def named(self) -> NamedProvider:
        """As everything but this page reads it. A secret that cannot be opened is empty: the provider then refuses."""
        return NamedProvider(
            slug=self.slug, name=self.name, kind=Kind(self.kind), issuer=self.issuer, client_id=self.client_id,
            client_secret="" if self.has_lost_its_secret else self.client_secret, scopes=tuple(self.scopes),
            linking=Linking(self.linking), provisioning=Provisioning(self.provisioning), domains=tuple(self.domains),
            trusts_email=self.trusts_email, rules=self.rules, metadata=self.metadata,
            wants_encryption=self.wants_encryption,
        )  # fmt: skip


class GivenRoles(models.Model):
    """Roles that a person has because a provider said so, and not because an admin gave them here."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    provider = models.CharField(max_length=40)
    roles = ArrayField(models.CharField(max_length=16), default=list)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "provider"], name="given_roles_once_per_provider"),)

    def __str__(self) -> str:
        return f"{self.user_id} by {self.provider}: {', '.join(self.roles)}"


class SignOnSession(models.Model):
    """A session that a provider's sign-in began: the provider may end it, and signing out here tells the provider.

    `sealed_id_token` is what the provider's logout page asks for as a hint; `sid` its own name for the session.
    """

    session_key = models.CharField(max_length=40, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    provider = models.CharField(max_length=40)
    subject = models.CharField(max_length=255)
    sid = models.CharField(max_length=255, blank=True)
    sealed_id_token = models.TextField(blank=True)
    begun_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = (models.Index(fields=["provider", "subject"]), models.Index(fields=["provider", "sid"]))

    def __str__(self) -> str:
        return f"{self.user_id} by {self.provider}"


class SamlKey(models.Model):
    """A key pair of ours for SAML: the private part encrypted, the certificate in PEM."""

    certificate = models.TextField()
    sealed_key = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"SAML key {self.pk}"


class SeenToken(models.Model):
    """What may be used once only, such as a logout token, remembered until it has expired."""

    provider = models.CharField(max_length=40)
    token = models.CharField(max_length=64)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["provider", "token"], name="seen_token_once"),)

    def __str__(self) -> str:
        return f"{self.provider}: {self.token}"
