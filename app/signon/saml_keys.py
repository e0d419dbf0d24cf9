"""Our own key pairs for SAML, made here and kept sealed: the newest signs our requests, all of them open answers.

A key is changed in three steps: make a new one, let the providers read our metadata again, forget the old one.
"""

from dataclasses import dataclass
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.db import connection, transaction
from django.utils import timezone

from app.audit.events import SIGN_ON_KEY_FORGOTTEN, SIGN_ON_KEY_MADE, record_event
from app.secrets_at_rest import SealBroken, seal, unseal
from app.signon.models import SamlKey
from app.signon.refusal import Reason, SignOnRefused

PURPOSE = "saml key"
YEARS = 10
LOCK = 7231  # of PostgreSQL's advisory locks: two processes must not both make the first key


@dataclass(frozen=True, slots=True)
class KeyPair:
    """Both in PEM."""

    certificate: str
    private: str


def key_pairs() -> list[KeyPair]:
    """The newest first; the first one is made here. Raises SignOnRefused where none can be opened any more."""
    rows = list(SamlKey.objects.all()) or [make_key(only_the_first=True)]
    pairs = [KeyPair(row.certificate, private) for row in rows if (private := _private(row))]
    if not pairs:
        raise SignOnRefused(Reason.OWN_KEY, "no key of ATTEST_SECRETS_KEYS opens it; run: manage.py saml_key --new")
    return pairs


@transaction.atomic
def make_key(*, only_the_first: bool = False) -> SamlKey:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    if only_the_first and (there := SamlKey.objects.first()):
        return there
    private = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    row = SamlKey.objects.create(certificate=_self_signed(private), sealed_key=seal({"key": pem}, PURPOSE))
    record_event(None, SIGN_ON_KEY_MADE, f"saml_key:{row.pk}")
    return row


@transaction.atomic
def forget_old_keys() -> int:
    """All but the newest. Answers encrypted for one of them cannot be read from then on."""
    newest = SamlKey.objects.first()
    old = SamlKey.objects.exclude(pk=newest.pk) if newest else SamlKey.objects.none()
    for row in old:
        record_event(None, SIGN_ON_KEY_FORGOTTEN, f"saml_key:{row.pk}")
    return old.delete()[0]


def _private(row: SamlKey) -> str:
    try:
        return unseal(row.sealed_key, PURPOSE).get("key", "")
    except SealBroken:
        return ""


def _self_signed(private: rsa.RSAPrivateKey) -> str:
    """Providers compare the key alone; the certificate is its envelope."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Attest sign-on")])
    now = timezone.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * YEARS))
        .sign(private, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM).decode()
