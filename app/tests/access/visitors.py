"""Everybody who visits in the matrix, and the things that they ask for.

Beside the people of `app/tests/world.py` there is one person for each role, in no group, and there are the keys and
tokens of programs.
"""

from dataclasses import dataclass, field
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.test import Client

from app.accounts.ending import close_account
from app.accounts.groups import SCIM, make_group
from app.accounts.keys import create_key
from app.accounts.models import User
from app.accounts.people import make_service
from app.accounts.permissions import Role
from app.accounts.scopes import Scope
from app.audit.models import LegalHold
from app.audit.retention import hold
from app.prompts.shipped import newest_shipped
from app.scim.models import ScimGroup
from app.scim.tokens import make_token, revoke_token
from app.tests.sessions import as_if_just_signed_in
from app.tests.world import World, answered_question, make_person, make_world

MISSING_NUMBER = 999_999_999
# Column of the matrix: the person of the world.
PEOPLE = {"outsider": "charlie", "colleague": "bob", "owner": "alice", "admin": "ada"}
ROLES = {
    "reviewer": Role.REVIEWER,
    "operator": Role.OPERATOR,
    "auditor": Role.AUDITOR,
    "source admin": Role.SOURCE_ADMIN,
    "other admin": Role.SOURCE_ADMIN,
}
# An admin whose last sign-in is hours ago: dangerous acts ask them to confirm who they are.
STALE = "stale admin"
NOBODY = "anonymous"
A_DAY = 86_400


@dataclass
class Visitor:
    """Somebody who asks: with a browser's cookies, or a program's headers."""

    name: str
    cookies: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Things:
    """What names in braces stand for; `missing` is what stands there for a thing that does not exist."""

    found: dict[str, Any]
    missing: dict[str, Any]

    def put_into(self, text: str, *, without: str = "") -> str:
        for name, value in self.found.items():
            text = text.replace(
                f"{{{name}}}", str(self.missing.get(name, MISSING_NUMBER) if name == without else value)
            )
        return text


@dataclass
class Crowd:
    world: World
    users: dict[str, User]

    @classmethod
    def gather(cls) -> "Crowd":
        world = make_world()
        users = {column: world.person(name) for column, name in PEOPLE.items()}
        for column, role in ROLES.items():
            users[column] = make_person(column.replace(" ", "-"))
            User.objects.filter(pk=users[column].pk).update(roles=[role])
            users[column].refresh_from_db()
        users["source admin"].administered_sources.add(world.team_source)
        users["other admin"].administered_sources.add(world.handbook_source)
        return cls(world, users)

    def browsers(self) -> dict[str, Visitor]:
        """Sessions of all people. Who signed in is a moment ago proved who they are; `STALE` did so a day ago."""
        everybody = {NOBODY: Visitor(NOBODY)} | {name: _browser(name, user) for name, user in self.users.items()}
        return everybody | {STALE: _browser(STALE, self.users["admin"], seconds_ago=A_DAY)}

    def programs(self) -> dict[str, Visitor]:
        """Keys with all scopes; a service's key; and keys of admins that lack a scope, or whose account was closed."""
        callers = {name: create_key(user, "test")[1] for name, user in self.users.items()}
        owner, ended = self.users["owner"], _twin(self.users["admin"], "ended", self.world)
        service = make_service("robot", owner=owner, groups=[self.world.team], actor=self.users["admin"])
        callers["service"] = create_key(service, "test")[1]
        for scope in Scope:
            others = [each for each in Scope if each != scope]
            callers[f"no {scope} scope"] = create_key(self.users["admin"], "narrow", scopes=others)[1]
        callers["closed account"] = create_key(ended, "test")[1]
        close_account(ended, actor=self.users["admin"], why="test")
        return {NOBODY: Visitor(NOBODY)} | {name: bearer(name, key) for name, key in callers.items()}

    def providers(self) -> dict[str, Visitor]:
        """Who knocks at the door for identity providers: people, with their browsers and keys, and tokens."""
        live, ended = (make_token(self.users["admin"], name, days=30) for name in ("live", "ended"))
        revoke_token(ended[0], actor=self.users["admin"])
        admin = _browser("admin's session", self.users["admin"])
        key = bearer("admin's key", create_key(self.users["admin"], "test")[1])
        tokens = {"token": live[1], "ended token": ended[1]}
        return {each.name: each for each in (Visitor(NOBODY), admin, key)} | {
            name: bearer(name, token) for name, token in tokens.items()
        }

    def things(self) -> Things:
        """One of each kind. All are made before the first visit, as each visit is undone."""
        world, prompt = self.world, newest_shipped("answer").hash[:8]
        rows = {
            name: getattr(world, name)
            for name in (
                "conversation", "question", "answer", "citation", "document", "handbook", "team_source",
                "handbook_source", "budget", "personal_pattern", "personal_word", "report", "review", "case",
                "evaluation_run", "signal", "sign_on_provider", "audit_entry", "key", "topic", "team",
                "person_export", "erasure",
            )
        }  # fmt: skip
        admin = self.users["admin"]
        rows["robot"] = make_service("robot", owner=admin, groups=[], actor=admin)
        rows["robot_key"] = create_key(rows["robot"], "test")[0]
        rows["audit_hold"] = hold(admin, LegalHold.Scope.OBJECT, "document:0", "A lawsuit.")
        rows["closed"] = make_person("closed")
        close_account(rows["closed"], actor=admin, why="test")
        rows["person"] = self.users["outsider"]
        rows["provisioning_token"] = make_token(admin, "a provider", days=30)[0]
        rows["passkey"] = Authenticator.objects.create(
            user=make_person("keyholder"), type=Authenticator.Type.WEBAUTHN, data={"name": "A key", "credential": {}}
        )
        rows["colleagues_answer"] = answered_question(self.users["colleague"], "And mine?", world.document)
        rows["provided_group"] = make_group("Provided", origin=SCIM, actor=None)
        ScimGroup.objects.create(group=rows["provided_group"])
        found: dict[str, Any] = {name: row.pk for name, row in rows.items()} | {"prompt": prompt}
        found |= {"scim_user": f"user-{rows['person'].pk}", "scim_group": f"group-{rows['provided_group'].pk}"}
        found["local_group"] = f"group-{world.team.pk}"
        missing = {"scim_user": "user-999999999", "scim_group": "group-999999999", "local_group": "group-999999999"}
        return Things(found, missing | {"prompt": "0123abcd"})


def bearer(name: str, secret: str) -> Visitor:
    return Visitor(name, headers={"Authorization": f"Bearer {secret}"})


def _browser(name: str, user: User, *, seconds_ago: float = 0) -> Visitor:
    client = Client()
    client.force_login(user)
    as_if_just_signed_in(client, seconds_ago=seconds_ago)
    session = settings.SESSION_COOKIE_NAME
    return Visitor(name, cookies=f"{session}={client.cookies[session].value}")


def _twin(user: User, name: str, world: World) -> User:
    """Somebody with the same roles, who is in the team as well."""
    twin = make_person(name)
    User.objects.filter(pk=twin.pk).update(roles=user.roles)
    twin.groups.add(world.team)
    twin.refresh_from_db()
    return twin
