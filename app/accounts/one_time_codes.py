"""A code of an authenticator app opens something once, as RFC 6238 (5.2) wants it.

allauth remembers a used code for one period of 30 seconds. Here clocks may be a period wrong either way, so a code is
right for three of them, and whoever read it over a shoulder could use it in the other two.
"""

from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms
from allauth.mfa.models import Authenticator
from django.core.cache import cache


class OnceMixin(forms.BaseAuthenticateForm):
    def clean_code(self) -> str:
        code: str = super().clean_code()
        if self.authenticator.type == Authenticator.Type.TOTP and not is_first_use(self.user.pk, code):
            self._emit_authentication_failed(self.authenticator)
            raise get_adapter().validation_error("incorrect_code")
        return code


class AuthenticateForm(OnceMixin, forms.AuthenticateForm):
    """For signing in."""


class ReauthenticateForm(OnceMixin, forms.ReauthenticateForm):
    """For confirming."""


def is_first_use(user_id: int, code: str) -> bool:
    digits = "".join(filter(str.isalnum, code))
    periods = 2 * app_settings.TOTP_TOLERANCE + 1
    return bool(cache.add(f"totp-used:{user_id}:{digits}", 1, timeout=app_settings.TOTP_PERIOD * periods))
