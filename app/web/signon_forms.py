"""What an admin fills in about a sign-on provider. The secret is written and never shown."""

import json
from typing import Any

from django import forms
from django.conf import settings

from app.accounts.models import User
from app.signon.changing import roles_beyond
from app.signon.fetching import get_text
from app.signon.models import SignOnProvider
from app.signon.named_providers import SLUG, Kind, Linking, Provisioning, wrong_address, wrong_domain
from app.signon.refusal import SignOnRefused
from app.signon.rules import WrongRuleError
from app.signon.saml_description import WrongDescriptionError, read_description

OF_OPENID, OF_SAML = ("issuer", "client_id", "secret", "scopes"), ("address", "metadata", "wants_encryption")
LONGEST_RULES = 50_000
PLAIN = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
LINKING = (
    (Linking.NEVER.value, "Never: only accounts that this provider made"),
    (Linking.VERIFIED_EMAIL.value, "By e-mail, if the provider has verified it"),
)
PROVISIONING = (
    (Provisioning.REFUSE.value, "Refused until an admin invites them"),
    (Provisioning.CREATE.value, "Given an account at their first sign-in"),
)


class WordsField(forms.CharField):
    """Words, separated by blanks or lines, as a list."""

    def prepare_value(self, value: Any) -> Any:
        between = "\n" if isinstance(self.widget, forms.Textarea) else " "
        return between.join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        return list(dict.fromkeys(str(super().clean(value)).replace(",", " ").split()))


class ProviderForm(forms.ModelForm):
    """Issuer and short name stay as they were once somebody may be linked."""

    secret = forms.CharField(
        label="Client secret", required=False, max_length=500, strip=True,
        widget=forms.PasswordInput(attrs=PLAIN | {"autocomplete": "new-password"}),
        help_text="Kept encrypted and never shown again. Leave it empty to keep the present one.",
    )  # fmt: skip
    address = forms.CharField(
        label="Address of the provider's metadata", required=False, max_length=500,
        widget=forms.TextInput(attrs=PLAIN | {"placeholder": "https://login.acme.example/metadata"}),
        help_text="Read once, when you save, in the place of what stands below.",
    )  # fmt: skip
    scopes = WordsField(label="Scopes", widget=forms.TextInput(attrs=PLAIN), required=False)
    domains = WordsField(
        label="Allowed e-mail domains", required=False, widget=forms.Textarea(attrs=PLAIN | {"rows": 2}),
        help_text="One a line, such as example.com. Empty: addresses of any domain.",
    )  # fmt: skip

    class Meta:
        model = SignOnProvider
        fields = (
            "name", "slug", "issuer", "client_id", "secret", "scopes",
            "address", "metadata", "wants_encryption",
            "linking", "provisioning", "domains", "trusts_email", "rules", "is_enabled",
        )  # fmt: skip
        labels = {
            "name": "Name on the button", "slug": "Short name", "issuer": "Issuer", "client_id": "Client id",
            "linking": "People who have an account here already are linked", "provisioning": "Everybody else is",
            "trusts_email": "Every address that it tells counts as verified", "rules": "Rules for groups and roles",
            "is_enabled": "Offer it on the sign-in page", "metadata": "The provider's metadata",
            "wants_encryption": "Assertions must be encrypted",
        }  # fmt: skip
        help_texts = {
            "slug": "Part of the addresses to register at the provider. It cannot be changed later.",
            "issuer": "Exactly as the provider writes it. It cannot be changed later.",
            "trusts_email": "Only for a provider where people cannot choose their address themselves.",
            "metadata": "Its XML, as the provider offers it. Save it anew when its certificates change.",
            "wants_encryption": "Without it, what the provider tells of people is readable to their browser and its "
            "extensions. Switch it off only for a provider that cannot encrypt.",
            "rules": "One a line. They are read again at every sign-in.",
        }  # fmt: skip
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Acme"}),
            "slug": forms.TextInput(attrs=PLAIN | {"placeholder": "acme"}),
            "issuer": forms.TextInput(attrs=PLAIN | {"placeholder": "https://login.acme.example"}),
            "client_id": forms.TextInput(attrs=PLAIN),
            "metadata": forms.Textarea(attrs=PLAIN | {"rows": 6, "class": "mono"}),
            "linking": forms.RadioSelect(choices=LINKING),
            "provisioning": forms.RadioSelect(choices=PROVISIONING),
            "rules": forms.Textarea(attrs=PLAIN | {"rows": 6, "class": "mono"}),
        }

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.fields["linking"].choices, self.fields["provisioning"].choices = LINKING, PROVISIONING  # type: ignore[attr-defined]
        for name in OF_OPENID if self.instance.kind == Kind.SAML else OF_SAML:
            del self.fields[name]
        for name in ("slug", "issuer"):
            if self.instance.pk and name in self.fields:
                self.fields[name].disabled = True
        if self.instance.kind == Kind.OIDC:
            self.fields["client_id"].required = True
            if not self.instance.pk:
                self.fields["secret"].help_text = "Kept encrypted and never shown again."

    def clean_slug(self) -> str:
        slug = str(self.cleaned_data["slug"])
        if not SLUG.fullmatch(slug):
            raise forms.ValidationError("Use up to 40 small letters, digits and hyphens, such as acme.")
        if slug in {each.slug for each in settings.ATTEST_SIGN_ON}:
            raise forms.ValidationError("ATTEST_SIGN_ON has a provider of this short name already. Choose another one.")
        return slug

    def clean_issuer(self) -> str:
        issuer = str(self.cleaned_data["issuer"]).strip()
        if wrong := wrong_address(issuer):
            raise forms.ValidationError(f"The issuer {wrong}.")
        return issuer

    def clean_metadata(self) -> str:
        """Its entityID is the issuer."""
        try:
            address = self.cleaned_data.get("address", "")
            metadata = get_text(address) if address else str(self.cleaned_data["metadata"])
            told = read_description(metadata)
        except WrongDescriptionError as wrong:
            raise forms.ValidationError(str(wrong)) from None
        except SignOnRefused as refusal:
            raise forms.ValidationError(f"The metadata could not be read from there: {refusal.detail}.") from None
        if wrong_one := wrong_address(told.sign_on_address):
            raise forms.ValidationError(f"The sign-on address in the metadata {wrong_one}.")
        if self.instance.pk and told.entity_id != self.instance.issuer:
            raise forms.ValidationError(
                f"This is the metadata of {told.entity_id}, but the provider here is {self.instance.issuer}. "
                "Add another provider for it."
            )
        self.instance.issuer = told.entity_id
        return metadata

    def clean_scopes(self) -> list[str]:
        return list(dict.fromkeys(["openid", *self.cleaned_data["scopes"]]))

    def clean_domains(self) -> list[str]:
        domains = [domain.lower() for domain in self.cleaned_data["domains"]]
        for domain in domains:
            if wrong := wrong_domain(domain):
                raise forms.ValidationError(f"{wrong}.")
        return domains

    def clean_rules(self) -> str:
        rules = str(self.cleaned_data["rules"])
        if len(rules) > LONGEST_RULES:
            raise forms.ValidationError("That is too long: 50,000 characters at most.")
        try:
            beyond = roles_beyond(self.actor, rules)
        except WrongRuleError as error:
            raise forms.ValidationError(str(error)) from None
        if beyond:
            raise forms.ValidationError(
                f"You cannot give the role “{beyond[0]}” yourself, so a rule of yours cannot either."
            )
        return rules


class ClaimsForm(forms.Form):
    claims = forms.CharField(
        label="Claims", max_length=20_000,
        widget=forms.Textarea(attrs=PLAIN | {"rows": 6, "class": "mono"}),
        help_text="As the provider would tell them, in JSON. They are neither stored nor logged.",
    )  # fmt: skip

    def clean_claims(self) -> dict[str, Any]:
        try:
            claims = json.loads(self.cleaned_data["claims"])
        except (ValueError, RecursionError):
            claims = None
        if not isinstance(claims, dict):
            raise forms.ValidationError("This is no JSON object. It begins with { and ends with }.")
        return claims
