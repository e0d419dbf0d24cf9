"""The end of every sign-in through a provider, whatever its protocol: the account, its rights, then allauth's login."""

import time
from collections.abc import Mapping
from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from app.accounts.confirming import is_asked_afresh
from app.audit.events import SIGN_IN_FAILED, record_event
from app.signon.admitting import admit
from app.signon.id_tokens import CLOCK_SKEW_S
from app.signon.identity import identity_of
from app.signon.named_providers import NamedProvider
from app.signon.pace import is_written_down
from app.signon.refusal import Reason, SignOnRefused
from app.signon.rights import put_in_force
from app.signon.sessions import ASKED_NOTE, SESSION_NOTE, note_of


def sign_in(
    request: HttpRequest, provider: NamedProvider, subject: str, claims: Mapping[str, Any],
    *, began_at: float, asked_at: float = 0, next_url: str = "", id_token: str = "", sid: str = "",
) -> HttpResponse:  # fmt: skip
    """Raises SignOnRefused. Tokens are not stored; the ID token is kept, encrypted, as long as the session.

    `began_at` is when we sent the browser to the provider, `asked_at` when the provider asked the person, both in
    seconds of Unix time; 0 where it does not say.
    """
    if is_asked_afresh(request) and not began_at - CLOCK_SKEW_S <= asked_at <= time.time() + CLOCK_SKEW_S:
        raise SignOnRefused(Reason.NOT_ASKED, "an old sign-in" if asked_at else "it does not say when it asked")
    user = admit(provider, identity_of(provider, subject, claims))
    put_in_force(provider, user, claims)
    login = SocialLogin(
        provider=get_adapter().get_provider(request, provider.slug),
        user=user.__class__(),
        account=SocialAccount(provider=provider.slug, uid=subject, extra_data={"issuer": provider.issuer}),
    )
    login.state = {
        "process": AuthProcess.LOGIN, SESSION_NOTE: note_of(provider, subject, sid, id_token), ASKED_NOTE: asked_at,
    }  # fmt: skip
    if next_url:
        login.state["next"] = next_url
    response: HttpResponse = complete_social_login(request, login)
    return response


def refused(request: HttpRequest, provider: NamedProvider, refusal: SignOnRefused) -> HttpResponse:
    if is_written_down(request):
        record_event(
            None, SIGN_IN_FAILED, "user:unknown", result="refused", provider=provider.slug, reason=refusal.reason.word,
            detail=refusal.detail,
        )  # fmt: skip
    context = {"provider": provider, "sentence": refusal.reason.value, "word": refusal.reason.word}
    return render(request, "socialaccount/refused.html", context, status=403)
