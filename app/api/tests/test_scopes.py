"""A key does what its scopes name, from where its networks say, until it ends; and never more than its user may."""

import pytest

from app.accounts.keys import create_key, revoke_key
from app.accounts.models import Role, User
from app.accounts.scopes import Scope
from app.api.api import api as the_api
from app.api.openapi import scopes_of
from app.api.urls import description
from app.audit import events
from app.audit.models import AuditEvent
from app.corpus.models import AccessSet, Source
from app.telemetry.threads import in_thread

SCOPES = {
    "search": Scope.SEARCH, "ask": Scope.ASK, "answer": Scope.ASK, "stop": Scope.ASK, "feedback": Scope.FEEDBACK,
    "sources": Scope.READ_DOCUMENTS, "source": Scope.READ_DOCUMENTS, "source_documents": Scope.READ_DOCUMENTS,
    "documents": Scope.READ_DOCUMENTS, "document": Scope.READ_DOCUMENTS, "sync": Scope.MANAGE_SOURCES,
    "upload": Scope.MANAGE_SOURCES, "remove": Scope.MANAGE_SOURCES,
}  # fmt: skip


async def key_with(user, *scopes, **fields):
    _, secret = await in_thread(create_key, user, "scoped", scopes=list(scopes), **fields)
    return {"Authorization": f"Bearer {secret}"}


def door_of(name):
    """The method and a sample address of an operation."""
    for path, operations in description()["paths"].items():
        for method, operation in operations.items():
            if operation["operationId"] == name:
                return method.upper(), path.format(answer_id=1, source_id=1, document_id=1)
    raise LookupError(name)


def test_every_operation_has_its_scope():
    assert scopes_of(the_api) == SCOPES


@pytest.mark.parametrize("name", SCOPES)
async def test_a_key_without_the_scope_is_told_which_one_it_lacks(api, company, name):
    """Before anything is looked up, so whether there is such a thing is not told either; whoever the user is."""
    needed = SCOPES[name]
    headers = await key_with(company.ada, *(scope for scope in Scope if scope is not needed))
    response = await api.request(*door_of(name), json={}, headers=headers)
    assert response.status_code == 403
    assert response.headers["Content-Type"] == "application/problem+json"
    assert f"`{needed.value}`" in response.json()["detail"]
    assert f'scope="{needed.value}"' in response.headers["WWW-Authenticate"]


async def test_a_program_that_tries_more_than_its_key_is_for_is_audited_once_a_minute(api, company):
    headers = await key_with(company.ada, Scope.SEARCH)
    name = next(name for name, scope in SCOPES.items() if scope is not Scope.SEARCH)
    for _ in range(2):
        await api.request(*door_of(name), json={}, headers=headers)
    refused = AuditEvent.objects.filter(action=events.API_KEY_REFUSED, details__why="scope", result="refused")
    assert await refused.acount() == 1


@pytest.mark.parametrize("name", SCOPES)
async def test_the_scope_alone_is_enough_for_its_operation(api, company, name):
    headers = await key_with(company.ada, SCOPES[name])
    response = await api.request(*door_of(name), json={}, headers=headers)
    assert response.status_code != 403, response.text


async def test_a_scope_gives_nobody_what_their_account_may_not(api, company):
    headers = await key_with(company.alice, Scope.MANAGE_SOURCES)
    response = await api.post(f"/api/v1/sources/{company.finance.pk}/sync", headers=headers)
    assert response.status_code == 403
    assert "admin of this source" in response.json()["detail"]


async def test_the_scopes_are_described(api):
    described = (await api.get("/api/v1/openapi.json")).json()
    scheme = described["components"]["securitySchemes"]["ApiKeyAuth"]
    assert all(f"`{scope.value}`" in scheme["description"] for scope in Scope)
    for path in described["paths"].values():
        for operation in path.values():
            assert operation["security"] == [{"ApiKeyAuth": []}]
            assert f"`{SCOPES[operation['operationId']].value}`" in operation["description"]
            assert "403" in operation["responses"]


async def test_the_admin_of_a_named_source_runs_it_and_sees_no_other(api, company):
    eve = await in_thread(User.objects.create_user, "eve@example.com", roles=[Role.SOURCE_ADMIN])
    await in_thread(company.finance.admins.add, eve)
    hidden = await in_thread(Source.objects.get, pk=company.handbook.pk)
    await in_thread(Source.objects.filter(pk=hidden.pk).update, name="Secret plans")
    await in_thread(AccessSet.objects.filter(pk=hidden.access_set_id).update, everyone=False)
    headers = await key_with(eve, *Scope)
    listed = (await api.get("/api/v1/sources", headers=headers)).json()["sources"]
    assert [each["name"] for each in listed] == ["Finance"]
    assert listed[0]["status"] is not None
    assert (await api.post(f"/api/v1/sources/{company.finance.pk}/sync", headers=headers)).status_code in (202, 409)
    assert (await api.get(f"/api/v1/sources/{hidden.pk}", headers=headers)).status_code == 404
    assert (await api.post(f"/api/v1/sources/{hidden.pk}/sync", headers=headers)).status_code == 404
    found = (await api.post("/api/v1/search", json={"query": "marketing budget"}, headers=headers)).json()
    assert found["passages"] == [], "running a source opens none of its text"


@pytest.mark.parametrize("field", ["roles", "is_admin", "scopes", "user_id", "group_ids", "reader"])
async def test_a_body_cannot_name_rights(api, company, field):
    """Bodies take the fields that are described, and no others."""
    headers = await key_with(company.charlie, *Scope)
    body = {"query": "marketing budget", field: ["admin"]}
    response = await api.post("/api/v1/search", json=body, headers=headers)
    assert response.status_code == 422 or "480,000" not in response.text
    await in_thread(company.charlie.refresh_from_db)
    assert company.charlie.roles == []


async def test_a_key_is_dead_outside_its_networks_when_revoked_and_when_its_account_is_closed(api, company):
    inside = await key_with(company.alice, Scope.SEARCH, networks=["127.0.0.0/8"])
    outside = await key_with(company.alice, Scope.SEARCH, networks=["203.0.113.0/24"])
    assert (await api.post("/api/v1/search", json={"query": "hotel"}, headers=inside)).status_code == 200
    assert (await api.post("/api/v1/search", json={"query": "hotel"}, headers=outside)).status_code == 401
    forged = outside | {"X-Forwarded-For": "203.0.113.7", "X-Real-IP": "203.0.113.7", "Forwarded": "for=203.0.113.7"}
    assert (await api.post("/api/v1/search", json={"query": "hotel"}, headers=forged)).status_code == 401
    key, secret = await in_thread(create_key, company.alice, "gone")
    await in_thread(revoke_key, key)
    gone = {"Authorization": f"Bearer {secret}"}
    assert (await api.post("/api/v1/search", json={"query": "hotel"}, headers=gone)).status_code == 401
    await in_thread(User.objects.filter(pk=company.alice.pk).update, is_active=False)
    assert (await api.post("/api/v1/search", json={"query": "hotel"}, headers=inside)).status_code == 401
