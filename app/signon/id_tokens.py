"""Whether a token was signed by the provider, for us, lately (OpenID Connect Core 3.1.3.7, Back-Channel Logout 2.6).

The signature is verified always, also of tokens that came straight from the token endpoint. Only asymmetric algorithms
are taken, and a key only for the kind of algorithm that it is made for: so there is no `none`, and a public key can
never be taken for a shared secret.
"""

import hmac
import time
from typing import Any

import jwt

from app.signon.discovery import Discovered, keys_of
from app.signon.refusal import Reason, SignOnRefused

# How far the provider's clock and ours may be apart, in seconds.
CLOCK_SKEW_S = 60
LOGOUT_AGE_S = 300
LONGEST = 64 * 1024
LONGEST_SUBJECT = 191  # of the column that keeps it
KEY_TYPES = {
    "RS256": "RSA", "RS384": "RSA", "RS512": "RSA", "PS256": "RSA", "PS384": "RSA", "PS512": "RSA",
    "ES256": "EC", "ES384": "EC", "ES512": "EC", "EdDSA": "OKP",
}  # fmt: skip
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


def verified_id_token(token: str, found: Discovered, client_id: str, *, nonce: str) -> dict[str, Any]:
    """The claims of an ID token. Raises SignOnRefused with the reason."""
    claims = _verified(token, found, client_id, required=["iss", "sub", "aud", "exp", "iat"])
    if not nonce or not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise SignOnRefused(Reason.NONCE)
    return claims


def verified_logout_token(token: str, found: Discovered, client_id: str) -> dict[str, Any]:
    """The claims of a token with which a provider ends sessions here."""
    claims = _verified(token, found, client_id, required=["iss", "aud", "iat", "jti"])
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise SignOnRefused(Reason.UNVERIFIED, "not a logout token")
    if "nonce" in claims or not (claims.get("sub") or claims.get("sid")):
        raise SignOnRefused(Reason.UNVERIFIED, "a nonce, or neither sub nor sid")
    if abs(time.time() - claims["iat"]) > LOGOUT_AGE_S + CLOCK_SKEW_S:
        raise SignOnRefused(Reason.EXPIRED, "an old logout token")
    return claims


def _verified(token: str, found: Discovered, client_id: str, *, required: list[str]) -> dict[str, Any]:
    if not isinstance(token, str) or len(token) > LONGEST:
        raise SignOnRefused(Reason.UNVERIFIED, "no token, or a long one")
    algorithm, kid = _header(token)
    claims = _decoded(
        token, _key(found, algorithm, kid), algorithm, issuer=found.issuer, client_id=client_id, required=required
    )
    _check_parties(claims, client_id)
    if "sub" in claims and not is_proper_subject(claims["sub"]):
        raise SignOnRefused(Reason.UNVERIFIED, "no proper sub")
    return claims


def is_proper_subject(subject: Any) -> bool:
    """A name that can be kept as it is: cut off or changed it could be somebody else's."""
    return isinstance(subject, str) and 0 < len(subject) <= LONGEST_SUBJECT and subject.isprintable()


def _header(token: str) -> tuple[str, str | None]:
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise SignOnRefused(Reason.UNVERIFIED, "not a JWT") from error
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in KEY_TYPES:
        raise SignOnRefused(Reason.SIGNATURE, f"algorithm {str(algorithm)[:20]}")
    return algorithm, kid if isinstance(kid, str) else None


def _key(found: Discovered, algorithm: str, kid: str | None) -> Any:
    fitting = _fitting(keys_of(found.jwks_uri), algorithm, kid)
    if not fitting:
        fitting = _fitting(keys_of(found.jwks_uri, afresh=True), algorithm, kid)
    if len(fitting) != 1:
        raise SignOnRefused(Reason.SIGNATURE, "unknown key" if not fitting else "no key named, and several there")
    try:
        return jwt.PyJWK(fitting[0], algorithm=algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
        raise SignOnRefused(Reason.SIGNATURE, "a key that cannot be read") from error


def _fitting(keys: list[dict[str, Any]], algorithm: str, kid: str | None) -> list[dict[str, Any]]:
    """Keys for signing, of the algorithm's type; of that name where the token names one."""
    return [
        key for key in keys
        if key.get("kty") == KEY_TYPES[algorithm] and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm and (kid is None or key.get("kid") == kid)
    ]  # fmt: skip


def _decoded(
    token: str, key: Any, algorithm: str, *, issuer: str, client_id: str, required: list[str]
) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            token, key, algorithms=[algorithm], issuer=issuer, audience=client_id, leeway=CLOCK_SKEW_S,
            options={"require": required},
        )  # fmt: skip
    except jwt.ExpiredSignatureError as error:
        raise SignOnRefused(Reason.EXPIRED) from error
    except jwt.InvalidAudienceError as error:
        raise SignOnRefused(Reason.AUDIENCE) from error
    except jwt.InvalidIssuerError as error:
        raise SignOnRefused(Reason.ISSUER, "in the token") from error
    except jwt.InvalidSignatureError as error:
        raise SignOnRefused(Reason.SIGNATURE) from error
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise SignOnRefused(Reason.UNVERIFIED, type(error).__name__) from error
    return claims


def _check_parties(claims: dict[str, Any], client_id: str) -> None:
    """A token for several applications must say that it was issued to this one."""
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if "azp" in claims and claims["azp"] != client_id:
        raise SignOnRefused(Reason.AUDIENCE, "azp is another application")
    if len(audience) > 1 and "azp" not in claims:
        raise SignOnRefused(Reason.AUDIENCE, "several audiences without azp")
