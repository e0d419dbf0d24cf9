"""What somebody may do to a SAML answer on its way through the browser. Nobody gets in, and the audit log says why."""

import base64
import copy
import re
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import xmlsec
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from lxml import etree
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NAMEID_FORMAT_TRANSIENT, NameID

from app.accounts.models import User
from app.signon.models import SeenToken, SignOnProvider
from app.signon.saml_signature import NAMES
from app.signon.tests.saml_issuer import IdpKey, SamlIssuer, encrypted, posted, signed
from app.signon.tests.saml_way import ACS, begin, deliver, set_up, sign_in
from app.signon.tests.whole_way import last_event

HOUR = 3600


@pytest.fixture
def idp(db):
    with SamlIssuer() as running:
        set_up(running, wants_encryption=False)
        yield running


@pytest.fixture
def browser(idp):
    return Client()


@pytest.fixture
def thief(tmp_path):
    return IdpKey(tmp_path, "thief")


def refused(response, browser, *reasons, accounts=0):
    assert response.status_code == 403, response.get("Location")
    assert "You are not signed in" in response.content.decode()
    assert "_auth_user_id" not in browser.session
    assert User.objects.count() == accounts
    event = last_event("sign_in_failed")
    assert event.details["reason"] in reasons, event.details
    assert (event.details["provider"], event.result) == ("acme", "refused")
    return True


def one(node, path):
    (found,) = node.xpath(path, namespaces=NAMES)
    return found


def plain(idp, browser):
    """An answer to this browser's request, not signed yet, and its assertion."""
    _, xml = idp.plain(begin(browser))
    root = etree.fromstring(xml.encode())
    return root, one(root, "saml:Assertion")


def instant(seconds):
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def put(path, attribute=None, value=None):
    """A change of one place of the answer: of an attribute, or of the text, or its removal."""

    def change(root):
        node = one(root, path)
        if attribute is None and value is None:
            node.getparent().remove(node)
        elif attribute is None:
            node.text = value
        elif value is None:
            del node.attrib[attribute]
        else:
            node.set(attribute, value() if callable(value) else value)

    return change


HOLDER = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"
CONFIRMED = "saml:Assertion/saml:Subject/saml:SubjectConfirmation"
DATA = f"{CONFIRMED}/saml:SubjectConfirmationData"
CONDITIONS = "saml:Assertion/saml:Conditions"
EVIL = "https://evil.example/"
SIGNED_BUT_WRONG = {
    "another audience": (put(f"{CONDITIONS}/saml:AudienceRestriction/saml:Audience", value=EVIL), "audience"),
    "no audience": (put(f"{CONDITIONS}/saml:AudienceRestriction"), "audience"),
    "another recipient": (put(DATA, "Recipient", EVIL), "unverified"),
    "a recipient that begins alike": (put(DATA, "Recipient", f"http://testserver{ACS}evil"), "audience"),
    "no recipient": (put(DATA, "Recipient"), "audience"),
    "another destination": (put(".", "Destination", EVIL), "audience"),
    "a destination that begins alike": (put(".", "Destination", f"http://testserver{ACS}evil"), "audience"),
    "no destination": (put(".", "Destination"), "audience"),
    "another issuer": (put("saml:Assertion/saml:Issuer", value=EVIL), "issuer"),
    "another issuer around it": (put("saml:Issuer", value=EVIL), "issuer"),
    "expired": (put(CONDITIONS, "NotOnOrAfter", lambda: instant(-HOUR)), "expired"),
    "expired by more than the skew": (put(CONDITIONS, "NotOnOrAfter", lambda: instant(-120)), "expired"),
    "no end": (put(CONDITIONS, "NotOnOrAfter"), "expired"),
    "not valid yet": (put(CONDITIONS, "NotBefore", lambda: instant(120)), "expired"),
    "no conditions": (put(CONDITIONS), "unverified"),
    "a confirmation that has ended": (put(DATA, "NotOnOrAfter", lambda: instant(-HOUR)), "unverified"),
    "a confirmation without end": (put(DATA, "NotOnOrAfter"), "unverified"),
    "a confirmation for a year": (put(DATA, "NotOnOrAfter", lambda: instant(365 * 24 * HOUR)), "expired"),
    "another way of confirming": (put(CONFIRMED, "Method", HOLDER), "unverified"),
    "a confirmation of no request": (put(DATA, "InResponseTo"), "state"),
    "a confirmation of another request": (put(DATA, "InResponseTo", "another"), "unverified"),
    "no subject": (put("saml:Assertion/saml:Subject/saml:NameID"), "unverified"),
    "no sign-in": (put("saml:Assertion/saml:AuthnStatement"), "unverified"),
    "a failure": (put("samlp:Status/samlp:StatusCode", "Value", "urn:oasis:names:tc:SAML:2.0:status:Responder"),
                  "provider_refused"),
    "an old version": (put(".", "Version", "1.1"), "unverified"),
}  # fmt: skip


@pytest.mark.parametrize("name", SIGNED_BUT_WRONG)
def test_a_signed_answer_that_says_something_wrong_is_refused(idp, browser, name):
    change, reason = SIGNED_BUT_WRONG[name]
    root, assertion = plain(idp, browser)
    change(root)
    signed(assertion, idp.key)
    assert refused(deliver(browser, posted(root)), browser, reason)


def test_the_same_without_a_change_is_let_in(idp, browser):
    """So that the refusals above are refusals of what was changed."""
    root, assertion = plain(idp, browser)
    one(root, CONDITIONS).set("NotBefore", instant(30))
    signed(assertion, idp.key)
    assert deliver(browser, posted(root)).status_code == 302


# -- signatures ------------------------------------------------------------------------------------


def test_an_unsigned_answer_is_refused(idp, browser):
    root, _ = plain(idp, browser)
    assert refused(deliver(browser, posted(root)), browser, "signature")


def test_a_signed_answer_with_an_unsigned_assertion_is_refused(idp, browser):
    root, _ = plain(idp, browser)
    signed(root, idp.key)
    assert refused(deliver(browser, posted(root)), browser, "signature")


def test_a_change_after_signing_is_refused(idp, browser):
    root, assertion = plain(idp, browser)
    signed(assertion, idp.key)
    one(assertion, "saml:Subject/saml:NameID").text = "boss"
    assert refused(deliver(browser, posted(root)), browser, "signature")


def test_a_forged_group_is_refused(idp, browser):
    idp.person |= {"groups": ["chess"]}
    root, assertion = plain(idp, browser)
    signed(assertion, idp.key)
    next(each for each in assertion.iter(f"{{{NAMES['saml']}}}AttributeValue") if each.text == "chess").text = "graders"
    assert refused(deliver(browser, posted(root)), browser, "signature")


def test_somebody_elses_key_is_refused_also_where_it_comes_along(idp, browser, thief):
    root, assertion = plain(idp, browser)
    signed(assertion, thief)
    info = etree.SubElement(one(assertion, "ds:Signature"), f"{{{NAMES['ds']}}}KeyInfo")
    data = etree.SubElement(info, f"{{{NAMES['ds']}}}X509Data")
    certificate = etree.SubElement(data, f"{{{NAMES['ds']}}}X509Certificate")
    certificate.text = "".join(thief.certificate.decode().splitlines()[1:-1])
    assert refused(deliver(browser, posted(root)), browser, "signature")


@pytest.mark.parametrize(("how", "digest"), [("RSA_SHA1", "SHA256"), ("RSA_SHA256", "SHA1"), ("RSA_SHA1", "SHA1")])
def test_weak_signatures_are_refused(idp, browser, how, digest):
    root, assertion = plain(idp, browser)
    signed(assertion, idp.key, how=getattr(xmlsec.Transform, how), digest=getattr(xmlsec.Transform, digest))
    assert refused(deliver(browser, posted(root)), browser, "signature")


def test_a_public_certificate_is_no_shared_secret(idp, browser):
    root, assertion = plain(idp, browser)
    signed(assertion, idp.key)
    method = one(assertion, "ds:Signature/ds:SignedInfo/ds:SignatureMethod")
    method.set("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")
    assert refused(deliver(browser, posted(root)), browser, "signature")


def test_any_key_of_the_metadata_signs_also_an_elliptic_one(idp, browser, tmp_path):
    key = IdpKey(tmp_path, "elliptic")
    text = "".join(key.certificate.decode().splitlines()[1:-1])
    row = SignOnProvider.objects.get()
    found = re.search(r"<(\w+:)?KeyDescriptor.*?</(\w+:)?KeyDescriptor>", row.metadata, re.DOTALL)[0]
    second = re.sub(r"(X509Certificate>)[^<]+", rf"\g<1>{text}", found)
    row.metadata = row.metadata.replace(found, found + second)
    row.save()
    root, assertion = plain(idp, browser)
    signed(assertion, key, how=xmlsec.Transform.ECDSA_SHA256)
    assert deliver(browser, posted(root)).status_code == 302
    browser.logout()
    idp.encrypts = False
    assert sign_in(browser, idp).status_code == 302


# -- wrapping: the signed part is moved aside, and another one is put where a reader looks ---------


def as_boss(assertion, *, keeps_signature=False, keeps_id=False):
    """A copy that speaks of somebody else."""
    evil = copy.deepcopy(assertion)
    if not keeps_signature:
        evil.remove(one(evil, "ds:Signature"))
    if not keeps_id:
        evil.set("ID", "evil")
    one(evil, "saml:Subject/saml:NameID").text = "boss"
    for value in evil.iter(f"{{{NAMES['saml']}}}AttributeValue"):
        value.text = (value.text or "").replace("grace", "boss")
    return evil


def without_signature(assertion):
    bare = copy.deepcopy(assertion)
    bare.remove(one(bare, "ds:Signature"))
    return bare


def before(root, assertion):
    assertion.addprevious(as_boss(assertion))


def after(root, assertion):
    assertion.addnext(as_boss(assertion))


def before_with_the_same_id(root, assertion):
    assertion.addprevious(as_boss(assertion, keeps_id=True))


def around(root, assertion):
    evil = as_boss(assertion)
    assertion.addprevious(evil)
    evil.append(assertion)


def with_the_signature_and_the_original_behind(root, assertion):
    evil = as_boss(assertion, keeps_signature=True)
    bare = without_signature(assertion)
    root.replace(assertion, evil)
    root.append(bare)


def with_the_original_inside_the_signature(root, assertion):
    evil = as_boss(assertion, keeps_signature=True)
    bare = without_signature(assertion)
    root.replace(assertion, evil)
    one(evil, "ds:Signature").append(bare)


def with_the_original_in_an_object(root, assertion):
    evil = as_boss(assertion, keeps_signature=True)
    bare = without_signature(assertion)
    root.replace(assertion, evil)
    etree.SubElement(one(evil, "ds:Signature"), f"{{{NAMES['ds']}}}Object").append(bare)


def with_the_original_in_extensions(root, assertion):
    evil = as_boss(assertion)
    root.replace(assertion, evil)
    extensions = etree.Element(f"{{{NAMES['samlp']}}}Extensions")
    one(root, "saml:Issuer").addnext(extensions)
    extensions.append(assertion)


def with_evil_in_extensions(root, assertion):
    extensions = etree.Element(f"{{{NAMES['samlp']}}}Extensions")
    one(root, "saml:Issuer").addnext(extensions)
    extensions.append(as_boss(assertion))


def with_the_original_in_an_attribute(root, assertion):
    evil = as_boss(assertion)
    root.replace(assertion, evil)
    evil.xpath("//saml:AttributeValue", namespaces=NAMES)[0].append(assertion)


WRAPPED = [
    before, after, before_with_the_same_id, around, with_the_signature_and_the_original_behind,
    with_the_original_inside_the_signature, with_the_original_in_an_object, with_the_original_in_extensions,
    with_evil_in_extensions, with_the_original_in_an_attribute,
]  # fmt: skip


@pytest.mark.parametrize("wrap", WRAPPED, ids=lambda wrap: wrap.__name__)
def test_a_wrapped_signature_is_refused(idp, browser, wrap):
    root, assertion = plain(idp, browser)
    signed(assertion, idp.key)
    wrap(root, assertion)
    assert refused(deliver(browser, posted(root)), browser, "signature", "unverified")


def test_a_signed_answer_inside_another_one_is_refused(idp, browser):
    root, assertion = plain(idp, browser)
    signed(assertion, idp.key)
    signed(root, idp.key)
    evil = copy.deepcopy(root)
    evil.set("ID", "evil-answer")
    evil.remove(one(evil, "ds:Signature"))
    evil.replace(one(evil, "saml:Assertion"), as_boss(assertion))
    extensions = etree.Element(f"{{{NAMES['samlp']}}}Extensions")
    one(evil, "saml:Issuer").addnext(extensions)
    extensions.append(root)
    assert refused(deliver(browser, posted(evil)), browser, "signature", "unverified")


def test_a_wrapped_signature_inside_what_is_encrypted_is_refused(idp, browser):
    root, assertion = plain(idp, browser)
    signed(assertion, idp.key)
    evil = as_boss(assertion)
    root.replace(assertion, evil)
    etree.SubElement(evil, f"{{{NAMES['saml']}}}Advice").append(assertion)
    assert refused(deliver(browser, posted(encrypted(root, idp.our_certificate))), browser, "signature", "unverified")


def test_a_comment_does_not_cut_a_name_off(idp, browser):
    """Whoever is called boss.evil inserts a comment, which no signature covers."""
    idp.name = NameID(format=NAMEID_FORMAT_PERSISTENT, text="boss.evil")
    idp.person |= {"mail": ["boss@example.com.evil.example"]}
    root, assertion = plain(idp, browser)
    signed(assertion, idp.key)
    text = etree.tostring(root).replace(b"boss.evil<", b"boss<!-- -->.evil<")
    text = text.replace(b"boss@example.com.evil", b"boss@example.com<!-- -->.evil")
    assert text.count(b"<!-- -->") == 2
    assert deliver(browser, base64.b64encode(text).decode()).status_code == 302
    assert SocialAccount.objects.get().uid == "boss.evil"
    assert User.objects.get().email == "boss@example.com.evil.example"


# -- whose answer, and how often -------------------------------------------------------------------


def test_an_answer_counts_once(idp, browser):
    _, answer = idp.answer(begin(browser))
    assert deliver(browser, answer).status_code == 302
    browser.logout()
    assert refused(deliver(browser, answer), browser, "state", accounts=1)
    assert refused(deliver(Client(), answer), browser, "state", accounts=1)


def test_an_assertion_counts_once_also_as_an_answer_to_another_request(idp, browser):
    for status in (302, 403):
        root, assertion = plain(idp, browser)
        assertion.set("ID", "the-same")
        signed(assertion, idp.key)
        other = Client() if status == 302 else browser
        response = deliver(browser, posted(root))
        assert response.status_code == status, other
        browser.logout()
    assert refused(response, browser, "replayed", accounts=1)
    assert SeenToken.objects.count() == 1


def test_an_answer_that_another_browser_asked_for_is_refused(idp, browser):
    """Otherwise a page could sign somebody in to the account of whoever made it."""
    _, answer = idp.answer(begin(Client()))
    assert refused(deliver(browser, answer), browser, "state")


def test_an_answer_under_somebody_elses_request_is_refused(idp, browser):
    """The signed assertion answers the thief's request, what is around it the victim's."""
    stolen, assertion = plain(idp, Client())
    signed(assertion, idp.key)
    stolen.set("InResponseTo", idp.asked(begin(browser)).id)
    assert refused(deliver(browser, posted(stolen)), browser, "unverified", "state")


def test_an_answer_that_nobody_asked_for_is_refused(idp, browser):
    root, assertion = plain(idp, browser)
    put(".", "InResponseTo")(root)
    put(DATA, "InResponseTo")(root)
    signed(assertion, idp.key)
    assert refused(deliver(browser, posted(root)), browser, "state")
    assert "unsolicited" in last_event("sign_in_failed").details["detail"]


def test_an_answer_of_another_provider_is_refused(idp, browser):
    with SamlIssuer("evil") as evil:
        SignOnProvider.objects.create(
            slug="evil", name="Evil", kind="saml", issuer=evil.entity_id, metadata=evil.metadata, is_enabled=True,
            provisioning="create", trusts_email=True, wants_encryption=False,
        )  # fmt: skip
        evil.learn(Client().get("/accounts/sign-on/evil/metadata/").content.decode())
        evil.encrypts = False
        there = browser.get("/accounts/sign-on/evil/")["Location"]
        assert refused(deliver(browser, evil.answer(there)[1]), browser, "state")
        root, assertion = plain(idp, browser)
        signed(assertion, evil.key)
        assert refused(deliver(browser, posted(root)), browser, "signature")


def test_a_name_that_changes_at_every_sign_in_is_refused(idp, browser):
    idp.name = NameID(format=NAMEID_FORMAT_TRANSIENT, text="t-1")
    idp.encrypts = False
    assert refused(sign_in(browser, idp), browser, "subject_changes")


# -- encryption ------------------------------------------------------------------------------------


def test_what_is_encrypted_for_somebody_else_is_refused(idp, browser, thief):
    root, assertion = plain(idp, browser)
    signed(assertion, idp.key)
    assert refused(deliver(browser, posted(encrypted(root, thief.certificate))), browser, "unverified")


def test_encryption_is_no_signature(idp, browser):
    """Anybody can encrypt for us: our certificate is public."""
    root, _ = plain(idp, browser)
    assert refused(deliver(browser, posted(encrypted(root, idp.our_certificate))), browser, "signature")


def test_weak_encryption_is_refused(idp, browser):
    assert refused(deliver(browser, idp.with_triple_des(begin(browser))), browser, "signature")
    root, assertion = plain(idp, browser)
    signed(assertion, idp.key)
    weak = encrypted(root, idp.our_certificate, key_transport=xmlsec.Transform.RSA_PKCS1)
    assert refused(deliver(browser, posted(weak)), browser, "signature")


# -- the XML itself --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "no base64 §", "aGVsbG8=", "PGEvPg==", "x" * 300_000])
def test_what_is_no_answer_is_refused(idp, browser, text):
    assert refused(deliver(browser, text), browser, "unverified")


def test_an_external_entity_is_not_read(idp, browser, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("boss")
    root, assertion = plain(idp, browser)
    signed(assertion, idp.key)
    doctype = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{Path(secret).as_uri()}">]>'.encode()
    text = doctype + etree.tostring(root).replace(b">u-1<", b">&x;<")
    assert b"&x;" in text
    assert refused(deliver(browser, base64.b64encode(text).decode()), browser, "unverified")


@pytest.fixture
def trap():
    """A server that counts who asks it: nothing in an answer may make us do so."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/x", asked
    server.shutdown()
    server.server_close()


def test_nothing_in_an_answer_makes_us_ask_another_address(idp, browser, trap):
    address, asked = trap
    root, assertion = plain(idp, browser)
    signed(assertion, idp.key)
    info = one(assertion, "ds:Signature/ds:SignedInfo")
    second = copy.deepcopy(one(info, "ds:Reference"))
    second.set("URI", address)
    info.append(second)
    assert refused(deliver(browser, posted(root)), browser, "signature")

    root, assertion = plain(idp, browser)
    signed(assertion, idp.key)
    sealed = encrypted(root, idp.our_certificate)
    value = one(sealed, "saml:EncryptedAssertion/xenc:EncryptedData/xenc:CipherData/xenc:CipherValue")
    reference = etree.Element(f"{{{NAMES['xenc']}}}CipherReference", URI=address)
    value.getparent().replace(value, reference)
    assert refused(deliver(browser, posted(sealed)), browser, "signature")
    assert asked == []
