"""Signing in to the API: an API key as bearer token, and nothing else. Cookies are not looked at."""

from dataclasses import dataclass

from django.http import HttpRequest
from ninja.security import HttpBearer

from app.accounts.keys import key_of, note_refusal
from app.accounts.models import User
from app.accounts.permissions import Permission
from app.accounts.scopes import Scope
from app.api.problems import ProblemError
from app.corpus.access import Reader, reader_for
from app.telemetry.threads import in_thread

MAX_KEY_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, the rights they ask with at this moment, and what their key may be used for."""

    user: User
    reader: Reader
    scopes: frozenset[str] = frozenset()

    def runs(self, source_id: int) -> bool:
        return self.user.may(Permission.MANAGE_SOURCES, source_id)

    def must_run(self, source_id: int) -> None:
        if not self.runs(source_id):
            raise ProblemError(403, "Only an admin of this source may do this.")


class ApiRequest(HttpRequest):
    """A request whose API key was accepted. `limit_headers` tell what is left of the caller's limits."""

    auth: Caller
    limit_headers: dict[str, str]


class ApiKeyAuth(HttpBearer):
    """`Authorization: Bearer attest_…`; the user of the key acts, as far as the key's scopes reach."""

    openapi_description = (
        "An API key that you made on your account's page. It has the rights of your account at the moment of each "
        "call, as far as its scopes reach: " + "; ".join(f"`{scope.value}` ({scope.label})" for scope in Scope) + "."
    )

    def __init__(self, scope: Scope | None = None) -> None:
        super().__init__()
        self.scope = scope

    async def __call__(self, request: HttpRequest) -> Caller | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        caller = await self.authenticate(request, token.strip())
        if caller is not None and self.scope is not None and self.scope not in caller.scopes:
            await in_thread(note_missing_scope, token.strip(), request.META.get("REMOTE_ADDR", ""))
            raise missing_scope(self.scope)
        return caller

    async def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        if not token or len(token) > MAX_KEY_CHARACTERS or not token.isascii() or not token.isprintable():
            return None
        return await in_thread(caller_of, token, request.META.get("REMOTE_ADDR", ""))


def missing_scope(scope: Scope) -> ProblemError:
    challenge = f'Bearer realm="attest", error="insufficient_scope", scope="{scope.value}"'
    return ProblemError(
        403, f"This API key lacks the scope `{scope.value}`. Make a key that may {scope.label}.",
        headers={"WWW-Authenticate": challenge},
    )  # fmt: skip


def note_missing_scope(token: str, address: str) -> None:
    """A program that tries more than its key is for is seen in the audit log."""
    if key := key_of(token, address):
        note_refusal(key, "scope", address)


def caller_of(token: str, address: str) -> Caller | None:
    """`address` is the caller's own: the server has already exchanged it where a trusted proxy passes requests on."""
    key = key_of(token, address)
    return Caller(key.user, reader_for(key.user), frozenset(key.scopes)) if key else None
