"""Signing in, second factors, sessions. Signing out is in app.signon, as it may lead on to a provider."""

from allauth.account import views
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.usersessions import views as sessions
from django.urls import path
from django.views.decorators.http import require_http_methods

from app.accounts.views import change_password, confirm, confirmed, second_factors, sign_in_by_passkey

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("password/change/", change_password, name="account_change_password"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("confirm/", confirm, name="account_confirm"),
    path("sessions/", sessions.list_usersessions, name="usersessions_list"),
    path("second-factors/", mfa.index, name="mfa_index"),
    path("second-factors/sign-in/", mfa.authenticate, name="mfa_authenticate"),
    path("second-factors/confirm/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("second-factors/app/", confirmed(totp.activate_totp), name="mfa_activate_totp"),
    path("second-factors/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("second-factors/recovery-codes/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "second-factors/recovery-codes/new/",
        confirmed(recovery.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path("second-factors/passkeys/", second_factors, name="mfa_list_webauthn"),
    path("second-factors/passkeys/add/", confirmed(webauthn.add_webauthn), name="mfa_add_webauthn"),
    path("second-factors/passkeys/confirm/", webauthn.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("second-factors/passkeys/sign-in/", sign_in_by_passkey, name="mfa_login_webauthn"),
    path("second-factors/passkeys/<int:pk>/remove/", webauthn.remove_webauthn, name="mfa_remove_webauthn"),
]
# allauth's form views would take PUT for POST, and send people on whatever the method.
for pattern in urlpatterns:
    pattern.callback = require_http_methods(["GET", "HEAD", "POST"])(pattern.callback)
