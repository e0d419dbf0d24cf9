"""Signing in to the API: an API key as bearer token, and nothing else. Cookies are not looked at."""

from dataclasses import dataclass

from django.http import HttpRequest
from ninja.security import HttpBearer

from app.accounts.keys import user_of_key
from app.accounts.models import User
from app.api.problems import ProblemError
from app.corpus.access import Reader, reader_for
from app.telemetry.threads import in_thread

MAX_KEY_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and the rights they ask with at this moment."""

    user: User
    reader: Reader

    def must_be_admin(self) -> None:
        if not self.user.is_admin:
            raise ProblemError(403, "Only an admin may do this.")


class ApiRequest(HttpRequest):
    """A request whose API key was accepted. `limit_headers` tell what is left of the caller's limits."""

    auth: Caller
    limit_headers: dict[str, str]


class ApiKeyAuth(HttpBearer):
    """`Authorization: Bearer attest_…`; the owner of the key acts."""

    openapi_description = "An API key that you made on your account's page."

    async def __call__(self, request: HttpRequest) -> Caller | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        return await self.authenticate(request, token.strip())

    async def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        if not token or len(token) > MAX_KEY_CHARACTERS or not token.isascii() or not token.isprintable():
            return None
        return await in_thread(caller_of, token)


def caller_of(token: str) -> Caller | None:
    user = user_of_key(token)
    return Caller(user, reader_for(user)) if user else None
