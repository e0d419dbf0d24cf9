"""The question with which somebody is sent to a SAML provider, signed, in the address (HTTP-Redirect binding)."""

from django.http import HttpRequest
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.errors import OneLogin_Saml2_Error

from app.signon.named_providers import NamedProvider, wrong_address
from app.signon.refusal import Reason, SignOnRefused
from app.signon.saml_description import WrongDescriptionError
from app.signon.saml_keys import key_pairs
from app.signon.saml_settings import toolkit_settings


def saml_request(request: HttpRequest, provider: NamedProvider, *, afresh: bool) -> tuple[str, str]:
    """The request's id, and the address. `afresh`: the provider must ask the person again. Raises SignOnRefused."""
    try:
        settings = toolkit_settings(request, provider, key_pairs()[0])
        auth = OneLogin_Saml2_Auth({"http_host": request.get_host(), "script_name": request.path}, settings)
        address = auth.login(return_to="", force_authn=afresh, set_nameid_policy=False)
    except (WrongDescriptionError, OneLogin_Saml2_Error) as error:
        raise SignOnRefused(Reason.PROVIDER_AWAY, f"its metadata: {str(error)[:200]}") from error
    if wrong := wrong_address(address):
        raise SignOnRefused(Reason.PROVIDER_AWAY, f"its sign-on address {wrong}")
    return auth.get_last_request_id(), address
