"""Which assertion the provider signed: taken out of the answer alone, so that nothing around it can be mistaken for it.

Signature wrapping moves the signed part aside and puts another one where a reader looks. Here the one assertion is cut
out first, into a document that holds nothing else; the signature is verified there, and only that document is read.
"""

from typing import Any

import xmlsec
from lxml import etree
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML as Xml

from app.signon.refusal import Reason, SignOnRefused

DS, XENC = "http://www.w3.org/2000/09/xmldsig#", "http://www.w3.org/2001/04/xmlenc#"
MORE, XENC11 = "http://www.w3.org/2001/04/xmldsig-more#", "http://www.w3.org/2009/xmlenc11#"
NAMES = {
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion", "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "ds": DS, "xenc": XENC,
}  # fmt: skip
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
# By place in the document: the only algorithms that are taken. No SHA-1, no HMAC, no XSLT or XPath, no RSA 1.5.
ALLOWED = {
    "//ds:Transform": {f"{DS}enveloped-signature", EXCLUSIVE},
    "//ds:CanonicalizationMethod": {EXCLUSIVE},
    "//ds:SignatureMethod": {f"{MORE}{kind}-sha{size}" for kind in ("rsa", "ecdsa") for size in (256, 384, 512)},
    "//ds:Reference/ds:DigestMethod": {f"{XENC}sha256", f"{MORE}sha384", f"{XENC}sha512"},
    "//xenc:EncryptedData/xenc:EncryptionMethod": {
        *(f"{XENC}aes{size}-cbc" for size in (128, 192, 256)), *(f"{XENC11}aes{size}-gcm" for size in (128, 192, 256)),
    },
    "//xenc:EncryptedKey/xenc:EncryptionMethod": {f"{XENC}rsa-oaep-mgf1p", f"{XENC11}rsa-oaep"},
}  # fmt: skip
# What would make the library read a file or another address, or hide a second document inside a signature.
REFUSED = "//xenc:CipherReference | //ds:Object | //ds:Manifest | //ds:RetrievalMethod[not(starts-with(@URI, '#'))]"


def refuse_strange(document: Any) -> None:
    """Raises SignOnRefused for what no honest provider sends. Nothing is decrypted or verified before."""
    if _found(document, REFUSED):
        raise SignOnRefused(Reason.SIGNATURE, "a reference or object that is not taken")
    for place, allowed in ALLOWED.items():
        for node in _found(document, place):
            if node.get("Algorithm") not in allowed:
                raise SignOnRefused(Reason.SIGNATURE, f"algorithm {str(node.get('Algorithm'))[-40:]}")
    for signature in _found(document, "//ds:Signature"):
        references = _found(signature, ".//ds:Reference")
        parent = signature.getparent()
        if parent is None or len(references) != 1 or references[0].get("URI") != f"#{parent.get('ID')}":
            raise SignOnRefused(Reason.SIGNATURE, "a signature that covers something else")
    names = _found(document, "//@ID")
    if len(names) != len(set(names)):
        raise SignOnRefused(Reason.SIGNATURE, "the same ID twice")


def signed_assertion(document: Any, certificates: tuple[str, ...]) -> Any:
    """The root of a document of its own. Raises SignOnRefused unless the provider signed exactly that."""
    found = _found(document, "/samlp:Response/saml:Assertion")
    if len(found) != 1 or len(_found(document, "//saml:Assertion")) != 1:
        raise SignOnRefused(Reason.SIGNATURE, "not exactly one assertion")
    alone = Xml.to_etree(etree.tostring(found[0], with_tail=False))
    refuse_strange(alone)
    signatures = _found(alone, "//ds:Signature")
    if len(signatures) != 1 or signatures[0].getparent() is not alone or not alone.get("ID"):
        raise SignOnRefused(Reason.SIGNATURE, "the assertion is not signed")
    xmlsec.tree.add_ids(alone, ["ID"])
    if not any(_is_signed_with(each, signatures[0]) for each in certificates):
        raise SignOnRefused(Reason.SIGNATURE)
    return alone


def _is_signed_with(certificate: str, signature: Any) -> bool:
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(certificate, xmlsec.KeyFormat.CERT_PEM, None)
    try:
        context.verify(signature)
    except xmlsec.Error:
        return False
    return True


def _found(node: Any, path: str) -> list[Any]:
    return list(node.xpath(path, namespaces=NAMES))
