"""Which sign-on providers there are, as `ATTEST_SIGN_ON` says in TOML. Pure.

    [acme]
    name = "Acme"
    kind = "oidc"
    issuer = "https://login.acme.example"
    client_id = "attest"
    client_secret_env = "ACME_SECRET"   # the variable ACME_SECRET, or the file that ACME_SECRET_FILE names
    provisioning = "create"
    domains = ["acme.example"]
    rules = '''
    when groups contains "finance-team" then group "finance"
    '''

One of SAML has `kind = "saml"` and `metadata`, its XML, instead of the issuer, the client and its scopes.
The same can be filled in on the page *Single sign-on*.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from app.signon.rules import WrongRuleError, read_rules
from app.signon.saml_description import WrongDescriptionError, read_description

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
SCOPES = ("openid", "profile", "email")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Kind(StrEnum):
    OIDC = "oidc"
    SAML = "saml"


class Linking(StrEnum):
    NEVER = "never"
    VERIFIED_EMAIL = "verified-email"


class Provisioning(StrEnum):
    CREATE = "create"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class NamedProvider:
    """One provider, wherever it was configured.

    `trusts_email`: every address that it tells counts as verified. `domains` empty: of any domain. Of SAML alone:
    `metadata`, its description in XML, whose entityID is the issuer, and `wants_encryption`.
    """

    slug: str
    name: str
    kind: Kind
    issuer: str
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    scopes: tuple[str, ...] = SCOPES
    linking: Linking = Linking.NEVER
    provisioning: Provisioning = Provisioning.REFUSE
    domains: tuple[str, ...] = ()
    trusts_email: bool = False
    rules: str = ""
    metadata: str = ""
    wants_encryption: bool = True


class WrongProvidersError(ValueError):
    """What is wrong with the text, in words that finish the sentence "ATTEST_SIGN_ON …"."""


TEXTS = ("name", "issuer", "client_id", "rules", "metadata")
LISTS = ("scopes", "domains")
FLAGS = ("trusts_email", "wants_encryption")
CHOICES: dict[str, type[StrEnum]] = {"kind": Kind, "linking": Linking, "provisioning": Provisioning}


def read_providers(text: str, *, secret: Callable[[str], str]) -> tuple[NamedProvider, ...]:
    """`secret` reads a client secret from the environment. Raises WrongProvidersError."""
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WrongProvidersError(f"is not TOML: {error}") from None
    return tuple(_provider(slug, table, secret) for slug, table in said.items())


def wrong_address(address: str) -> str:
    """What is wrong with the address of a provider, or nothing. Plain HTTP carries secrets in the clear."""
    try:
        parts = urlsplit(address)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        return "is no address"
    if not parts.hostname or not port_is_fine or parts.username or parts.fragment or re.search(r"\s", address):
        return "is no address; it looks like https://login.example.com"
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return ""
    return "must begin with https://; only a provider on this very machine may use http://"


def wrong_domain(domain: str) -> str:
    return "" if DOMAIN.fullmatch(domain) else f"“{domain[:60]}” is not a domain; enter example.com"


def _provider(slug: str, said: Any, secret: Callable[[str], str]) -> NamedProvider:
    if not SLUG.fullmatch(slug):
        raise WrongProvidersError(
            f'names a provider "{slug}", but a name is up to 40 small letters, digits and hyphens'
        )
    if not isinstance(said, dict):
        raise WrongProvidersError(f"has [{slug}], but it must be a table")
    allowed = {*TEXTS, *LISTS, *FLAGS, *CHOICES, "client_secret_env"}
    if strangers := sorted(set(said) - allowed):
        raise WrongProvidersError(
            f'has in [{slug}] "{strangers[0]}", but what can stand there is {", ".join(sorted(allowed))}'
        )
    values: dict[str, Any] = {"name": slug, "kind": Kind.OIDC} | {
        key: _value(slug, key, said[key]) for key in said if key != "client_secret_env"
    }
    if values["kind"] is Kind.SAML:
        values = {"issuer": _described(slug, values)} | values
    provider = NamedProvider(slug=slug, client_secret=_secret(slug, said, secret), **({"issuer": ""} | values))
    _refuse_wrong(provider)
    return provider


def _value(slug: str, key: str, value: Any) -> Any:
    if key in CHOICES:
        choices = [each.value for each in CHOICES[key]]
        if value not in choices:
            raise WrongProvidersError(f"has {slug}.{key} = {value!r}, but it must be one of {', '.join(choices)}")
        return CHOICES[key](value)
    if key in FLAGS:
        if not isinstance(value, bool):
            raise WrongProvidersError(f"has {slug}.{key} = {value!r}, but it must be true or false")
        return value
    if key in LISTS:
        if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
            raise WrongProvidersError(f'has {slug}.{key}, but it must be a list of texts, such as ["example.com"]')
        return tuple(value)
    if not isinstance(value, str) or not value:
        raise WrongProvidersError(f"has {slug}.{key}, but it must be a text")
    return value


def _secret(slug: str, said: Mapping[str, Any], secret: Callable[[str], str]) -> str:
    if "client_secret_env" not in said:
        return ""
    variable = _value(slug, "client_secret_env", said["client_secret_env"])
    if not (found := secret(variable)):
        raise WrongProvidersError(
            f"says {slug}.client_secret_env is {variable}, but neither {variable} nor {variable}_FILE is set"
        )
    return found


def _refuse_wrong(provider: NamedProvider) -> None:
    slug = provider.slug
    if provider.kind is Kind.OIDC:
        _refuse_wrong_openid(provider)
    for domain in provider.domains:
        if wrong := wrong_domain(domain):
            raise WrongProvidersError(f"has {slug}.domains: {wrong}")
    try:
        read_rules(provider.rules)
    except WrongRuleError as wrong:
        raise WrongProvidersError(f"has {slug}.rules: {wrong}") from None


def _refuse_wrong_openid(provider: NamedProvider) -> None:
    slug = provider.slug
    for key in ("issuer", "client_id"):
        if not getattr(provider, key):
            raise WrongProvidersError(f"needs {slug}.{key}")
    if wrong := wrong_address(provider.issuer):
        raise WrongProvidersError(f"has {slug}.issuer, which {wrong}")
    if "openid" not in provider.scopes:
        raise WrongProvidersError(f'has {slug}.scopes without "openid"')


def _described(slug: str, values: Mapping[str, Any]) -> str:
    """The name that a SAML provider gives itself in its metadata."""
    try:
        told = read_description(values.get("metadata", ""))
    except WrongDescriptionError as wrong:
        raise WrongProvidersError(f"has {slug}.metadata: {wrong}") from None
    if wrong_one := wrong_address(told.sign_on_address):
        raise WrongProvidersError(f"has {slug}.metadata with a sign-on address that {wrong_one}")
    if values.get("issuer", told.entity_id) != told.entity_id:
        raise WrongProvidersError(f"has {slug}.issuer, but the metadata says {told.entity_id}")
    return told.entity_id
