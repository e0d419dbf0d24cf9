"""What comes back from a SAML provider, checked step by step until it is a person's claims.

size and shape → nothing strange → decryption → the toolkit's strict checks → the signed assertion cut out → its
issuer, audience, times, recipient and request → its first use

The toolkit lets pass what SAML makes optional; here an answer must name its recipient, audience, request and end.
"""

import base64
import binascii
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from onelogin.saml2.errors import OneLogin_Saml2_ValidationError as Wrong
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML as Xml

from app.signon.id_tokens import CLOCK_SKEW_S, is_proper_subject
from app.signon.named_providers import NamedProvider
from app.signon.once import is_first_use
from app.signon.refusal import Reason, SignOnRefused
from app.signon.saml_claims import claims_of
from app.signon.saml_description import read_description
from app.signon.saml_keys import key_pairs
from app.signon.saml_settings import answer_address, entity_id, toolkit_settings
from app.signon.saml_signature import NAMES, refuse_strange, signed_assertion

LONGEST = 256 * 1024
LONGEST_LIFE_S = 3600
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)")
REASONS = {
    Wrong.WRONG_AUDIENCE: Reason.AUDIENCE, Wrong.WRONG_ISSUER: Reason.ISSUER,
    Wrong.WRONG_DESTINATION: Reason.AUDIENCE, Wrong.WRONG_SUBJECTCONFIRMATION: Reason.UNVERIFIED,
    Wrong.ASSERTION_EXPIRED: Reason.EXPIRED, Wrong.ASSERTION_TOO_EARLY: Reason.EXPIRED,
    Wrong.SESSION_EXPIRED: Reason.EXPIRED, Wrong.INVALID_SIGNATURE: Reason.SIGNATURE,
    Wrong.NO_SIGNED_ASSERTION: Reason.SIGNATURE, Wrong.NO_SIGNATURE_FOUND: Reason.SIGNATURE,
    Wrong.WRONG_NUMBER_OF_ASSERTIONS: Reason.SIGNATURE, Wrong.WRONG_SIGNED_ELEMENT: Reason.SIGNATURE,
    Wrong.NO_ENCRYPTED_ASSERTION: Reason.UNENCRYPTED,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """`asked_at` is when the provider asked the person, in seconds of Unix time."""

    subject: str
    claims: dict[str, Any]
    asked_at: float
    sid: str


def parsed(text: str) -> Any:
    """The root of what was posted. Raises SignOnRefused."""
    try:
        if not text or len(text) > LONGEST:
            raise ValueError
        document = Xml.to_etree(base64.b64decode("".join(text.split()), validate=True))
    except (ValueError, binascii.Error, SyntaxError) as error:
        raise SignOnRefused(Reason.UNVERIFIED, f"no answer in XML: {type(error).__name__}") from None
    if document.tag != f"{{{NAMES['samlp']}}}Response":
        raise SignOnRefused(Reason.UNVERIFIED, "no SAML answer")
    return document


def request_of(document: Any) -> str:
    """Which request of ours it says it answers: only for finding that request, as nothing is verified yet."""
    return str(document.get("InResponseTo") or "")


def answered(request: HttpRequest, provider: NamedProvider, text: str, request_id: str) -> Answer:
    """Raises SignOnRefused."""
    document = parsed(text)
    refuse_strange(document)
    _check_status(document)
    told = read_description(provider.metadata)
    assertion = signed_assertion(_strictly_checked(request, provider, text, request_id), told.certificates)
    return _read(assertion, document, request, provider, request_id)


def _check_status(document: Any) -> None:
    codes = [each.get("Value", "") for each in _all(document, "samlp:Status//samlp:StatusCode")]
    if codes[:1] != [SUCCESS]:
        raise SignOnRefused(Reason.PROVIDER_REFUSED, " ".join(code.rpartition(":")[2] for code in codes)[:80])


def _strictly_checked(request: HttpRequest, provider: NamedProvider, text: str, request_id: str) -> Any:
    """The answer's document, decrypted, after the toolkit found nothing wrong with it."""
    response = _opened(request, provider, text)
    refuse_strange(response.get_xml_document())
    where: dict[str, Any] = {
        "https": "on" if request.is_secure() else "off", "http_host": request.get_host(), "script_name": request.path,
        "get_data": {}, "post_data": {},
    }  # fmt: skip
    try:
        response.is_valid(where, request_id=request_id, raise_exceptions=True)
    except Wrong as error:
        raise SignOnRefused(REASONS.get(error.code, Reason.UNVERIFIED), _detail(error)) from None
    except Exception as error:  # noqa: BLE001 - whatever a made-up document does to the parser, nobody gets in
        raise SignOnRefused(Reason.UNVERIFIED, type(error).__name__) from None
    return response.get_xml_document()


def _opened(request: HttpRequest, provider: NamedProvider, text: str) -> OneLogin_Saml2_Response:
    """With the newest of our keys, then the older ones. Failures look all the same: none may tell of the key."""
    for key in key_pairs():
        try:
            return OneLogin_Saml2_Response(toolkit_settings(request, provider, key), text)
        except Exception:  # noqa: BLE001, S112 - the library raises errors of five kinds; another key may open it
            continue
    raise SignOnRefused(Reason.UNVERIFIED, "it cannot be decrypted")


def _read(assertion: Any, document: Any, request: HttpRequest, provider: NamedProvider, request_id: str) -> Answer:
    _check_parties(assertion, document, request, provider)
    _check_times(_one(assertion, "saml:Conditions"))
    end = _confirmed_until(assertion, answer_address(request, provider), request_id)
    subject = _subject(assertion)
    statement = _one(assertion, "saml:AuthnStatement")
    if not is_first_use(provider.slug, f"assertion {assertion.get('ID')}", end):
        raise SignOnRefused(Reason.REPLAYED)
    asked_at, sid = _seconds(statement.get("AuthnInstant")), str(statement.get("SessionIndex") or "")
    return Answer(subject, claims_of(assertion, subject), asked_at, sid)


def _check_parties(assertion: Any, document: Any, request: HttpRequest, provider: NamedProvider) -> None:
    for issuer in (_one(assertion, "saml:Issuer"), *_all(document, "saml:Issuer")):
        if _text(issuer) != provider.issuer:
            raise SignOnRefused(Reason.ISSUER, f"in the answer: {_text(issuer)[:100]}")
    if document.get("Destination") != answer_address(request, provider):
        raise SignOnRefused(Reason.AUDIENCE, f"destination {str(document.get('Destination'))[:100]}")
    restrictions = _all(assertion, "saml:Conditions/saml:AudienceRestriction")
    us = entity_id(request, provider)
    if not restrictions or not all(us in map(_text, _all(each, "saml:Audience")) for each in restrictions):
        raise SignOnRefused(Reason.AUDIENCE)


def _check_times(conditions: Any) -> None:
    now = time.time()
    begins, ends = conditions.get("NotBefore"), conditions.get("NotOnOrAfter")
    if begins is not None and _seconds(begins) > now + CLOCK_SKEW_S:
        raise SignOnRefused(Reason.EXPIRED, "not valid yet")
    if ends is None or _seconds(ends) <= now - CLOCK_SKEW_S:
        raise SignOnRefused(Reason.EXPIRED, "no longer valid, or without an end")


def _confirmed_until(assertion: Any, recipient: str, request_id: str) -> float:
    """The end of the one confirmation for whoever brings the answer. Raises SignOnRefused."""
    found = [each for each in _all(assertion, "saml:Subject/saml:SubjectConfirmation") if each.get("Method") == BEARER]
    if len(found) != 1:
        raise SignOnRefused(Reason.UNVERIFIED, "not exactly one bearer confirmation")
    data = _one(found[0], "saml:SubjectConfirmationData")
    if data.get("Recipient") != recipient:
        raise SignOnRefused(Reason.AUDIENCE, f"recipient {str(data.get('Recipient'))[:100]}")
    if not request_id or data.get("InResponseTo") != request_id:
        raise SignOnRefused(Reason.STATE, "another request")
    end, now = _seconds(data.get("NotOnOrAfter")), time.time()
    if not now - CLOCK_SKEW_S < end < now + LONGEST_LIFE_S or data.get("NotBefore") is not None:
        raise SignOnRefused(Reason.EXPIRED, "the confirmation")
    return end


def _subject(assertion: Any) -> str:
    """All of its text: a comment in the middle of a name must not cut it off."""
    name = _one(assertion, "saml:Subject/saml:NameID")
    subject = _text(name)
    if name.get("Format") == TRANSIENT:
        raise SignOnRefused(Reason.SUBJECT_CHANGES)
    if not is_proper_subject(subject):
        raise SignOnRefused(Reason.UNVERIFIED, "no proper NameID")
    return subject


def _one(node: Any, path: str) -> Any:
    found = _all(node, path)
    if len(found) != 1:
        raise SignOnRefused(Reason.UNVERIFIED, f"{len(found)} of {path.rpartition(':')[2]}")
    return found[0]


def _all(node: Any, path: str) -> list[Any]:
    return list(node.xpath(path, namespaces=NAMES))


def _text(node: Any) -> str:
    return "".join(node.itertext()).strip()


def _seconds(text: Any) -> float:
    """An instant in UTC, as SAML wants it, in seconds of Unix time."""
    if not isinstance(text, str) or not INSTANT.fullmatch(text):
        raise SignOnRefused(Reason.UNVERIFIED, "a time that cannot be read")
    try:
        moment = datetime.fromisoformat(re.sub(r"(\.\d{1,6})\d*", r"\1", text))
    except ValueError:
        raise SignOnRefused(Reason.UNVERIFIED, "a time that cannot be read") from None
    return moment.astimezone(UTC).timestamp()


def _detail(error: Wrong) -> str:
    return " ".join(str(error).split())[:200]
