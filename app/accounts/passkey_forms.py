"""What a browser says of a passkey is JSON that anybody can write by hand: what cannot be read is refused as all else.

Django's field knows text that is no JSON, but not a number of thousands of digits nor brackets nested thousands deep.
"""

from typing import Any

from allauth.mfa.webauthn import forms as passkeys
from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput


class CredentialField(forms.JSONField):
    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except (ValueError, RecursionError):
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What stands in the field when the form is shown again."""
        try:
            return super().bound_data(data, initial)
        except (ValueError, RecursionError):
            return InvalidJSONInput(data)


def credential_field() -> CredentialField:
    return CredentialField(required=True, widget=forms.HiddenInput)


class AddPasskeyForm(passkeys.AddWebAuthnForm):
    credential = credential_field()


class PasskeyForm(passkeys.AuthenticateWebAuthnForm):
    """The second step of a sign-in."""

    credential = credential_field()


class PasskeyLoginForm(passkeys.LoginWebAuthnForm):
    """A sign-in by it alone."""

    credential = credential_field()


class PasskeyConfirmForm(passkeys.ReauthenticateWebAuthnForm):
    credential = credential_field()
