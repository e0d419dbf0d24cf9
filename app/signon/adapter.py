"""Where allauth asks about providers: what we have configured is the only source, and nobody signs up by a form."""

from typing import Any

from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from django.http import HttpRequest

from app.signon.configured import all_providers
from app.signon.provider import app_of


class SignOnAdapter(DefaultSocialAccountAdapter):
    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        return [
            app for app in map(app_of, all_providers())
            if provider in {None, app.provider, app.provider_id} and client_id in {None, app.client_id}
        ]  # fmt: skip

    def get_app(self, request: HttpRequest, provider: str, client_id: str | None = None) -> SocialApp:
        """Several match only for a sign-in that waits for its second factor, which then asks for nothing of it."""
        apps = self.list_apps(request, provider=provider, client_id=client_id)
        if not apps:
            raise SocialApp.DoesNotExist
        return apps[0]

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """`admitting.py` has linked whoever may come in before allauth looks."""
        return False

    def get_requests_session(self) -> Any:
        raise NotImplementedError("Providers are asked by app.signon.fetching alone.")
