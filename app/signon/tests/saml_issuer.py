"""A SAML identity provider: pysaml2, a library of its own, behind a real HTTP server on loopback.

It reads our metadata, checks our requests' signatures, and signs its answers. It encrypts by Triple DES alone, which we
do not take, so answers are encrypted here. For what no honest provider sends there is `plain`, an answer neither signed
nor encrypted, which tests change, sign and wrap themselves.
"""

import base64
import tempfile
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from lxml import etree
from saml2 import BINDING_HTTP_REDIRECT
from saml2.config import IdPConfig
from saml2.metadata import entity_descriptor
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID
from saml2.server import Server
from saml2.sigver import get_xmlsec_binary

DS, SAML = "http://www.w3.org/2000/09/xmldsig#", "urn:oasis:names:tc:SAML:2.0:assertion"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2001/04/xmlenc#sha256"


@cache
def private_key(name: str) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    """Made once for a run of tests, as it takes a while."""
    if name.startswith("elliptic"):
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class IdpKey:
    """A key pair, also as files, which pysaml2 wants."""

    def __init__(self, folder: Path, name: str) -> None:
        private = private_key(name)
        called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder().subject_name(called).issuer_name(called).public_key(private.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30)).sign(private, hashes.SHA256())
        )  # fmt: skip
        self.private = private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        self.certificate = certificate.public_bytes(Encoding.PEM)
        self.key_file, self.cert_file = folder / f"{name}.key", folder / f"{name}.pem"
        self.key_file.write_bytes(self.private)
        self.cert_file.write_bytes(self.certificate)


class SamlIssuer:
    """`person` is whom it tells of, `name` what it calls them; `encrypts`: for our newest key."""

    def __init__(self, name: str = "idp", host: str = "127.0.0.1") -> None:
        try:
            get_xmlsec_binary()
        except Exception:  # noqa: BLE001 - pysaml2 has an error of its own for it
            pytest.skip("xmlsec1 is not installed (apt install xmlsec1).")
        self._folder = tempfile.TemporaryDirectory()
        self.key = IdpKey(Path(self._folder.name), name)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://{host}:{self._server.server_address[1]}"
        self.entity_id = f"{self.url}/idp"
        self.person: dict[str, Any] = {"mail": ["grace@example.com"], "displayName": ["Grace"], "groups": []}
        self.name = NameID(format=NAMEID_FORMAT_PERSISTENT, text="u-1")
        self.encrypts = True
        self.our_certificate = b""
        self.questions: list[Any] = []
        self._library: Any = None
        self.metadata = str(entity_descriptor(self._config([])))

    def __enter__(self) -> "SamlIssuer":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        with suppress(OSError):
            self._folder.cleanup()

    def _config(self, metadata: list[str]) -> IdPConfig:
        config = IdPConfig().load({
            "entityid": self.entity_id,
            "key_file": str(self.key.key_file), "cert_file": str(self.key.cert_file),
            "xmlsec_binary": get_xmlsec_binary(),
            "metadata": {"inline": metadata} if metadata else {},
            "service": {"idp": {
                "endpoints": {"single_sign_on_service": [(f"{self.url}/sso", BINDING_HTTP_REDIRECT)]},
                "want_authn_requests_signed": True,
                "policy": {"default": {"attribute_restrictions": None, "lifetime": {"minutes": 5}}},
            }},
        })  # fmt: skip
        config.setattr("", "allow_unknown_attributes", True)
        return config

    def learn(self, metadata: str) -> None:
        """Our metadata, as an admin of the provider registers it."""
        self._library = Server(config=self._config([metadata]))
        found = etree.fromstring(metadata.encode()).findall(f".//{{{DS}}}X509Certificate")
        self.our_certificate = f"-----BEGIN CERTIFICATE-----\n{found[-1].text}\n-----END CERTIFICATE-----\n".encode()

    def asked(self, address: str) -> Any:
        """The request in the address, its signature checked by the library."""
        query = {key: values[0] for key, values in parse_qs(urlsplit(address).query, keep_blank_values=True).items()}
        assert self._library is not None, "It knows nothing of us yet."
        request = self._library.parse_authn_request(
            query["SAMLRequest"], BINDING_HTTP_REDIRECT, relay_state=query.get("RelayState"),
            sigalg=query["SigAlg"], signature=query["Signature"],
        )  # fmt: skip
        self.questions.append(request.message)
        return request.message

    def answer(self, address: str) -> tuple[str, str]:
        """Where the browser posts, and the answer in base64, signed and encrypted by the library."""
        question = self.asked(address)
        to = question.assertion_consumer_service_url
        xml = self._library.create_authn_response(
            **self._facts(question), sign_assertion=True, sign_response=False,
            sign_alg=SHA256[0], digest_alg=SHA256[1],
        )  # fmt: skip
        root = etree.fromstring(str(xml).encode())
        return to, posted(encrypted(root, self.our_certificate) if self.encrypts else root)

    def with_triple_des(self, address: str) -> str:
        """As the library itself encrypts."""
        question = self.asked(address)
        xml = self._library.create_authn_response(
            **self._facts(question), sign_assertion=True, sign_response=False, encrypt_assertion=True,
            sign_alg=SHA256[0], digest_alg=SHA256[1],
        )  # fmt: skip
        return base64.b64encode(str(xml).encode()).decode()

    def plain(self, address: str) -> tuple[str, str]:
        question = self.asked(address)
        xml = self._library.create_authn_response(**self._facts(question), sign_assertion=False, sign_response=False)
        return question.assertion_consumer_service_url, str(xml)

    def _facts(self, question: Any) -> dict[str, Any]:
        return {
            "identity": self.person, "in_response_to": question.id, "name_id": self.name,
            "destination": question.assertion_consumer_service_url, "sp_entity_id": question.issuer.text,
            "authn": {"class_ref": PASSWORD, "authn_auth": self.entity_id},
        }  # fmt: skip


def posted(root: Any) -> str:
    return base64.b64encode(etree.tostring(root)).decode()


def signed(element: Any, key: IdpKey, *, how: Any = None, digest: Any = None) -> Any:
    """Signs the element in place, after its issuer."""
    signature = xmlsec.template.create(element, xmlsec.Transform.EXCL_C14N, how or xmlsec.Transform.RSA_SHA256, ns="ds")
    element.find(f"{{{SAML}}}Issuer").addnext(signature)
    reference = xmlsec.template.add_reference(signature, digest or xmlsec.Transform.SHA256, uri=f"#{element.get('ID')}")
    xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
    xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
    xmlsec.tree.add_ids(element, ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(key.private, xmlsec.KeyFormat.PEM, None)
    context.sign(signature)
    return element


def encrypted(root: Any, certificate: bytes, *, key_transport: Any = None) -> Any:
    """With its one assertion encrypted for the holder of the certificate."""
    assertion = root.find(f"{{{SAML}}}Assertion")
    around = etree.SubElement(root, f"{{{SAML}}}EncryptedAssertion")
    around.append(assertion)
    template = xmlsec.template.encrypted_data_create(
        around, xmlsec.Transform.AES256_GCM, type=xmlsec.EncryptionType.ELEMENT, ns="xenc"
    )
    xmlsec.template.encrypted_data_ensure_cipher_value(template)
    info = xmlsec.template.encrypted_data_ensure_key_info(template, ns="ds")
    carried = xmlsec.template.add_encrypted_key(info, key_transport or xmlsec.Transform.RSA_OAEP)
    xmlsec.template.encrypted_data_ensure_cipher_value(carried)
    manager = xmlsec.KeysManager()
    manager.add_key(xmlsec.Key.from_memory(certificate, xmlsec.KeyFormat.CERT_PEM, None))
    context = xmlsec.EncryptionContext(manager)
    context.key = xmlsec.Key.generate(xmlsec.KeyData.AES, 256, xmlsec.KeyDataType.SESSION)
    context.encrypt_xml(template, assertion)
    return root


def _handler(issuer: SamlIssuer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/metadata":
                self._reply("application/samlmetadata+xml", issuer.metadata.encode())
                return
            to, answer = issuer.answer(self.path)
            form = (
                f'<form method="post" action="{escape(to)}"><input type="hidden" name="SAMLResponse"'
                f' value="{answer}"><button>Sign in here</button></form>'
            )
            body = f"<!doctype html><title>Provider</title>{form}".encode()
            self._reply("text/html; charset=utf-8", body)

        def _reply(self, kind: str, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    return Handler
