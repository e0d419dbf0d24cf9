"""An OpenID provider on loopback that signs what a test tells it to, rightly or wrongly. A real HTTP server.

It checks what a provider must check (PKCE, a code once, the redirect address, the client's secret), so that a sign-in
through it shows that ours sends the right things.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID, CLIENT_SECRET = "attest", "a client secret"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


class Key:
    def __init__(self, kid: str) -> None:
        self.kid, self.private = kid, rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def public(self) -> dict[str, Any]:
        jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.private.public_key()))
        return jwk | {"kid": self.kid, "use": "sig", "alg": "RS256"}

    def sign(self, claims: dict[str, Any], **headers: Any) -> str:
        return jwt.encode(claims, self.private, algorithm="RS256", headers={"kid": self.kid} | headers)


class Issuer:
    """`person` is who signs in; `change` and `sign` are where tests do wrong things on purpose."""

    def __init__(self) -> None:
        self.key = Key("first")
        self.published = [self.key]
        self.person: dict[str, Any] = {
            "sub": "u-1",
            "email": "grace@example.com",
            "email_verified": True,
            "name": "Grace",
        }
        self.userinfo: dict[str, Any] | None = None
        self.described: dict[str, Any] = {}
        self.asked: Counter[str] = Counter()
        self.questions: list[dict[str, str]] = []
        self.change: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
        self.sign: Callable[[dict[str, Any]], str] = lambda claims: self.key.sign(dict(claims))
        self.answer: Callable[[str], tuple[int, bytes] | None] = lambda path: None
        self._codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "Issuer":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def let_in(self, address: str, **more: str) -> str:
        """What the browser would be sent back to, once the person has signed in at `address`."""
        asked = {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}
        assert asked["client_id"] == CLIENT_ID
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        self.questions.append(asked)
        code = secrets.token_urlsafe(8)
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']} | more)}"

    def claims(self, nonce: str) -> dict[str, Any]:
        now = int(time.time())
        return {
            "iss": self.url,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "sid": "s-1",
        } | self.person

    def logout_token(self, **changes: Any) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 120, "jti": secrets.token_hex(8),
            "sub": self.person["sub"], "events": {LOGOUT_EVENT: {}},
        }  # fmt: skip
        return self.key.sign(
            {key: value for key, value in (claims | changes).items() if value is not None}, typ="logout+jwt"
        )

    def respond(self, path: str, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        self.asked[path] += 1
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/jwks", "userinfo_endpoint": f"{self.url}/userinfo",
                "end_session_endpoint": f"{self.url}/logout?realm=one", "code_challenge_methods_supported": ["S256"],
            } | self.described  # fmt: skip
        if path == "/jwks":
            return 200, {"keys": [key.public for key in self.published]}
        if path == "/userinfo":
            return 200, self.userinfo if self.userinfo is not None else self.person
        return self._token(form, authorization) if path == "/token" else (404, {})

    def _token(self, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        asked = self._codes.pop(form.get("code", ""), None)
        if authorization != _basic():
            return 401, {"error": "invalid_client"}
        if asked is None or asked["redirect_uri"] != form.get("redirect_uri"):
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        id_token = self.sign(self.change(self.claims(asked.get("nonce", ""))))
        return 200, {"access_token": "access", "token_type": "Bearer", "id_token": id_token}


def _basic() -> str:
    return "Basic " + base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET.replace(' ', '+')}".encode()).decode()


def _handler(issuer: Issuer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            self._reply({key: values[0] for key, values in parse_qs(body).items()})

        def _reply(self, form: dict[str, str]) -> None:
            path = urlsplit(self.path).path
            special = issuer.answer(path)
            status, said = special or issuer.respond(path, form, self.headers.get("Authorization", ""))
            body = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    return Handler
