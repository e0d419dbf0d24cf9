"""A signed assertion's attributes as claims, which rules and accounts read like those of any provider. Pure."""

from typing import Any

from app.signon.saml_signature import NAMES

MOST = 500
EMAIL = (
    "email", "mail", "urn:oid:0.9.2342.19200300.100.1.3",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
)  # fmt: skip
NAME = (
    "name", "displayName", "urn:oid:2.16.840.1.113730.3.1.241",
    "http://schemas.microsoft.com/identity/claims/displayname",
)  # fmt: skip
FORMAT_EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"

Claims = dict[str, Any]


def claims_of(assertion: Any, subject: str) -> Claims:
    """Attributes by their names, and by their friendly names where no attribute has that as its name.

    `email` and `name` are found under their usual names; an address may also be the NameID itself.
    """
    told: Claims = {}
    friendly: Claims = {}
    for attribute in assertion.xpath("saml:AttributeStatement/saml:Attribute", namespaces=NAMES)[:MOST]:
        values = ["".join(each.itertext()).strip() for each in attribute.xpath("saml:AttributeValue", namespaces=NAMES)]
        told.setdefault(attribute.get("Name", ""), []).extend(values)
        if name := attribute.get("FriendlyName"):
            friendly.setdefault(name, []).extend(values)
    claims = friendly | told
    email = _first(claims, EMAIL) or _address_as_name(assertion, subject)
    return claims | {"sub": subject, "email": email, "name": _first(claims, NAME)}


def _first(claims: Claims, names: tuple[str, ...]) -> list[str]:
    return next((claims[name] for name in names if claims.get(name)), [])


def _address_as_name(assertion: Any, subject: str) -> list[str]:
    (name,) = assertion.xpath("saml:Subject/saml:NameID", namespaces=NAMES)
    return [subject] if name.get("Format") == FORMAT_EMAIL else []
