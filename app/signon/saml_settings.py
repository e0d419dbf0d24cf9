"""How the SAML toolkit is told to behave here: strict, with our key, towards one provider."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Names
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from app.signon.named_providers import NamedProvider
from app.signon.saml_description import read_description
from app.signon.saml_keys import KeyPair


def entity_id(request: HttpRequest, provider: NamedProvider) -> str:
    """Our own name towards this provider: the address of our metadata."""
    return request.build_absolute_uri(reverse("sign_on_metadata", args=[provider.slug]))


def answer_address(request: HttpRequest, provider: NamedProvider) -> str:
    return request.build_absolute_uri(reverse("sign_on_assertion", args=[provider.slug]))


def toolkit_settings(request: HttpRequest, provider: NamedProvider, key: KeyPair) -> OneLogin_Saml2_Settings:
    told = read_description(provider.metadata)
    return OneLogin_Saml2_Settings({
        "strict": True,
        "debug": False,
        "security": _security(provider),
        "sp": _ourselves(request, provider, key),
        "idp": {
            "entityId": told.entity_id,
            "singleSignOnService": {"url": told.sign_on_address, "binding": Names.BINDING_HTTP_REDIRECT},
            "x509certMulti": {"signing": list(told.certificates)},
        },
    })  # fmt: skip


def _security(provider: NamedProvider) -> dict[str, Any]:
    return {
        "authnRequestsSigned": True,
        "wantAssertionsSigned": True,
        "wantAssertionsEncrypted": provider.wants_encryption,
        "wantNameId": True,
        "wantAttributeStatement": False,
        "requestedAuthnContext": False,
        "rejectDeprecatedAlgorithm": True,
        "allowRepeatAttributeName": True,
        "allowSingleLabelDomains": True,
        "signatureAlgorithm": Names.RSA_SHA256,
        "digestAlgorithm": Names.SHA256,
    }


def _ourselves(request: HttpRequest, provider: NamedProvider, key: KeyPair) -> dict[str, Any]:
    return {
        "entityId": entity_id(request, provider),
        "assertionConsumerService": {
            "url": answer_address(request, provider), "binding": Names.BINDING_HTTP_POST,
        },
        "NameIDFormat": Names.NAMEID_UNSPECIFIED,
        "x509cert": key.certificate,
        "privateKey": key.private,
    }  # fmt: skip
