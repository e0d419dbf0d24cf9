"""How allauth's providers behave here: configured by our own rows, always with PKCE and a nonce, never by the request.

allauth finds this module by its name and takes the classes that it lists.
"""

import secrets
import time
from typing import Any

from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import Provider
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from app.accounts.confirming import is_asked_afresh
from app.signon.discovery import Discovered, discovered
from app.signon.named_providers import Kind, NamedProvider
from app.signon.saml_requests import saml_request


class OpenIDAdapter(OpenIDConnectOAuth2Adapter):
    """Only what sending somebody to the provider needs; what comes back is read by `callback.py`."""

    @property
    def found(self) -> Discovered:
        return discovered(self.get_provider().app.settings["issuer"])

    @property
    def authorize_url(self) -> str:
        return self.found.authorization_endpoint

    @property
    def access_token_url(self) -> str:
        return self.found.token_endpoint

    @property
    def basic_auth(self) -> bool:
        return True

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return callback_url(request, app.provider_id)


class OpenIDProvider(OpenIDConnectProvider):
    oauth2_adapter_class = OpenIDAdapter
    supports_token_authentication = False

    def get_pkce_params(self) -> dict[str, Any]:
        return dict(generate_code_challenge())

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        """Of the request only where to go afterwards: scopes and parameters are the admin's to choose."""
        kept = super().get_redirect_from_request_kwargs(request).get("next_url")
        return {"process": AuthProcess.LOGIN} | ({"next_url": kept} if kept else {})

    def redirect(self, request: HttpRequest, process: str, *args: Any, **kwargs: Any) -> HttpResponse:
        nonce = secrets.token_urlsafe(32)
        # OpenID Connect Core 3.1.2.1: `max_age` also makes the provider tell when it last asked.
        afresh = {"prompt": "login", "max_age": "0"} if is_asked_afresh(request) else {}
        kwargs |= {"auth_params": {"nonce": nonce} | afresh, "nonce": nonce, "began_at": time.time()}
        response: HttpResponse = super().redirect(request, process, *args, **kwargs)
        return response

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Nothing that a provider tells is kept but what the rules made of it."""
        return {"issuer": self.app.settings["issuer"]}


class SamlProvider(Provider):
    """Sends somebody to a SAML provider; the answer is read by `saml_answers.py`."""

    id = "saml"
    name = "SAML"
    supports_redirect = True

    def get_login_url(self, request: HttpRequest, **kwargs: Any) -> str:
        return reverse("sign_on", args=[self.app.provider_id])

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        kept = super().get_redirect_from_request_kwargs(request).get("next_url")
        return {"process": AuthProcess.LOGIN} | ({"next_url": kept} if kept else {})

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any
    ) -> HttpResponse:
        """The request's id is the state: an answer must name one that this browser's session was sent with."""
        asked, address = saml_request(request, self.app.settings["provider"], afresh=is_asked_afresh(request))
        self.stash_redirect_state(
            request, process, next_url, data, state_id=asked, request_id=asked, began_at=time.time()
        )
        return HttpResponseRedirect(address)

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"issuer": self.app.settings["issuer"]}


def app_of(provider: NamedProvider) -> SocialApp:
    """An unsaved row in the form that allauth reads."""
    if provider.kind is Kind.SAML:
        return SocialApp(
            provider=SamlProvider.id, provider_id=provider.slug, name=provider.name, client_id=provider.slug,
            settings={"issuer": provider.issuer, "provider": provider},
        )  # fmt: skip
    return SocialApp(
        provider=OpenIDProvider.id, provider_id=provider.slug, name=provider.name, client_id=provider.client_id,
        secret=provider.client_secret,
        settings={"issuer": provider.issuer, "server_url": provider.issuer, "scope": list(provider.scopes)},
    )  # fmt: skip


def callback_url(request: HttpRequest, slug: str) -> str:
    return request.build_absolute_uri(reverse("sign_on_callback", args=[slug]))


provider_classes = [OpenIDProvider, SamlProvider]
