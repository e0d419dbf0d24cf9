"""What a SAML identity provider says of itself, its metadata. Pure; read without entities, DTDs or any network."""

import base64
import re
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element, ParseError

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

MD, DS = "{urn:oasis:names:tc:SAML:2.0:metadata}", "{http://www.w3.org/2000/09/xmldsig#}"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
LONGEST = 512 * 1024
SMALLEST_RSA = 2048


class WrongDescriptionError(ValueError):
    """What is wrong with the metadata, in a sentence."""


@dataclass(frozen=True, slots=True)
class Description:
    """`certificates` in PEM: answers signed with the key of any of them are the provider's."""

    entity_id: str
    sign_on_address: str
    certificates: tuple[str, ...]

    @property
    def expiries(self) -> list[datetime]:
        return [x509.load_pem_x509_certificate(each.encode()).not_valid_after_utc for each in self.certificates]


def read_description(text: str) -> Description:
    """Raises WrongDescriptionError. Its own signature is not asked for: whoever pastes it vouches for it."""
    if len(text) > LONGEST:
        raise WrongDescriptionError("The metadata is longer than 512 KiB: paste that of this one provider alone.")
    try:
        root = fromstring(text.strip().encode(), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise WrongDescriptionError(f"This is no metadata in XML ({type(error).__name__}).") from None
    entities = [root] if root.tag == f"{MD}EntityDescriptor" else root.findall(f"{MD}EntityDescriptor")
    roles = [(entity, role) for entity in entities for role in entity.findall(f"{MD}IDPSSODescriptor")]
    if len(roles) != 1:
        raise WrongDescriptionError(f"The metadata describes {len(roles)} identity providers; it must be exactly one.")
    entity, role = roles[0]
    return Description(_entity_id(entity), _sign_on_address(role), _certificates(role))


def _entity_id(entity: Element) -> str:
    entity_id = entity.get("entityID", "").strip()
    if not entity_id or len(entity_id) > 500:
        raise WrongDescriptionError("The metadata has no entityID of up to 500 characters.")
    return entity_id


def _sign_on_address(role: Element) -> str:
    for service in role.findall(f"{MD}SingleSignOnService"):
        if service.get("Binding") == REDIRECT:
            return _address(service.get("Location", "").strip())
    raise WrongDescriptionError("The metadata has no SingleSignOnService with the binding HTTP-Redirect.")


def _address(address: str) -> str:
    """The toolkit writes it into XML as it is."""
    if re.search(r"[\s\"<>&]", address):
        raise WrongDescriptionError("The sign-on address in the metadata has a character that is not supported.")
    return address


def _certificates(role: Element) -> tuple[str, ...]:
    found = [
        _certificate(node.text or "")
        for descriptor in role.findall(f"{MD}KeyDescriptor")
        if descriptor.get("use", "signing") == "signing"
        for node in descriptor.iter(f"{DS}X509Certificate")
    ]
    if not found:
        raise WrongDescriptionError("The metadata has no certificate for signatures.")
    return tuple(dict.fromkeys(found))


def _certificate(text: str) -> str:
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(re.sub(r"\s", "", text), validate=True))
        key = certificate.public_key()
    except ValueError:
        raise WrongDescriptionError("A certificate in the metadata cannot be read.") from None
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise WrongDescriptionError("A certificate in the metadata is neither RSA nor EC.")
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < SMALLEST_RSA:
        raise WrongDescriptionError(f"A key in the metadata is shorter than {SMALLEST_RSA} bits.")
    return certificate.public_bytes(Encoding.PEM).decode()
