"""Providers from the environment: read whole, or refused with a sentence."""

import pytest

from app.signon.named_providers import Kind, Linking, Provisioning, WrongProvidersError, read_providers

GOOD = """
[acme]
name = "Acme"
issuer = "https://login.acme.example"
client_id = "attest"
client_secret_env = "ACME_SECRET"
linking = "verified-email"
provisioning = "create"
domains = ["acme.example"]
rules = '''
when groups contains "finance-team" then group "finance"
'''

[other]
issuer = "https://id.other.example/realms/one"
client_id = "attest"
"""


def read(text, **secrets):
    return read_providers(text, secret=lambda name: secrets.get(name, ""))


def test_several_providers_are_read():
    acme, other = read(GOOD, ACME_SECRET="s3cret")
    assert (acme.slug, acme.kind, acme.client_secret, acme.linking) == (
        "acme",
        Kind.OIDC,
        "s3cret",
        Linking.VERIFIED_EMAIL,
    )
    assert (other.name, other.linking, other.provisioning) == ("other", Linking.NEVER, Provisioning.REFUSE)
    assert "s3cret" not in repr(acme)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("client_id", "client_name"), '"client_name", but what can stand there is'),
        (('issuer = "https://login', 'issuer = "http://login'), "must begin with https"),
        (('"create"', '"maybe"'), "must be one of create, refuse"),
        (('["acme.example"]', '"acme.example"'), "must be a list"),
        (('["acme.example"]', '["@acme"]'), "is not a domain"),
        (("[acme]", "[ACME_1]"), "small letters"),
        (("when groups", "if groups"), "Line"),
        (('client_id = "attest"\nclient_secret_env', "client_secret_env"), "needs acme.client_id"),
        (("[acme]", "[acme"), "is not TOML"),
    ],
)
def test_a_wrong_text_is_refused_with_a_sentence(change, said):
    with pytest.raises(WrongProvidersError, match=said.replace("[", r"\[")):
        read(GOOD.replace(*change, 1), ACME_SECRET="x")


def test_a_secret_that_is_not_set_is_missed():
    with pytest.raises(WrongProvidersError, match="neither ACME_SECRET nor ACME_SECRET_FILE is set"):
        read(GOOD)
