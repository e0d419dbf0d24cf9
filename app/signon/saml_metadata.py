"""What we say of ourselves to a SAML provider: our name, where answers go, and the certificates of our keys."""

from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from django.http import HttpRequest

from app.signon.named_providers import NamedProvider
from app.signon.saml_keys import key_pairs
from app.signon.saml_settings import answer_address, entity_id

MD, DS = "urn:oasis:names:tc:SAML:2.0:metadata", "http://www.w3.org/2000/09/xmldsig#"
PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
register_namespace("md", MD)
register_namespace("ds", DS)


def our_metadata(request: HttpRequest, provider: NamedProvider) -> bytes:
    """The newest certificate is for signatures and encryption; older ones stay until they are forgotten.

    Raises SignOnRefused where none of our keys can be opened.
    """
    root = Element(f"{{{MD}}}EntityDescriptor", entityID=entity_id(request, provider))
    role = SubElement(
        root, f"{{{MD}}}SPSSODescriptor",
        AuthnRequestsSigned="true", WantAssertionsSigned="true", protocolSupportEnumeration=PROTOCOL,
    )  # fmt: skip
    pairs = key_pairs()
    for pair in pairs:
        _key(role, "signing", pair.certificate)
    _key(role, "encryption", pairs[0].certificate)
    service = {"Binding": POST, "Location": answer_address(request, provider), "index": "1", "isDefault": "true"}
    SubElement(role, f"{{{MD}}}AssertionConsumerService", service)
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _key(role: Element, use: str, certificate: str) -> None:
    descriptor = SubElement(role, f"{{{MD}}}KeyDescriptor", use=use)
    data = SubElement(SubElement(descriptor, f"{{{DS}}}KeyInfo"), f"{{{DS}}}X509Data")
    lines = [line for line in certificate.splitlines() if line and not line.startswith("-----")]
    SubElement(data, f"{{{DS}}}X509Certificate").text = "".join(lines)
