"""People by SCIM, by the requests of RFC 7644 and by those that Entra and Okta send."""

import pytest
from django.test import Client

from app.accounts.ending import close_account, open_account
from app.accounts.keys import create_key
from app.accounts.models import Role, User
from app.audit import events
from app.audit.models import AuditEvent
from app.scim.models import ScimUser

pytestmark = pytest.mark.django_db
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
# The shape of RFC 7644, 3.3, with an address that can be written to.
BARBARA = {
    "schemas": [USER],
    "userName": "bjensen@example.com",
    "externalId": "701984",
    "name": {"formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara"},
}


@pytest.fixture
def barbara(provider):
    response = provider.post("Users", BARBARA)
    assert response.status_code == 201, response.text
    return response.json()


def path(resource):
    return f"Users/{resource['id']}"


def test_a_person_is_created_and_read_again(provider, barbara):
    assert barbara["schemas"] == [USER]
    assert (barbara["userName"], barbara["externalId"], barbara["active"]) == ("bjensen@example.com", "701984", True)
    assert barbara["name"]["familyName"] == "Jensen"
    assert barbara["meta"]["resourceType"] == "User"
    assert barbara["meta"]["location"] == f"http://testserver/scim/v2/{path(barbara)}"
    response = provider.get(path(barbara))
    assert response.json() == barbara
    assert response.headers["ETag"] == barbara["meta"]["version"]
    assert response.headers["Content-Type"] == "application/scim+json"
    user = User.objects.get(email="bjensen@example.com")
    assert (user.name, user.roles, user.has_usable_password()) == ("Ms. Barbara J Jensen III", [], False)
    assert AuditEvent.objects.filter(action=events.SCIM_USER_CREATED, target=f"user:{user.pk}").exists()


def test_creation_answers_with_the_place(provider):
    response = provider.post("Users", BARBARA)
    assert response.headers["Location"] == response.json()["meta"]["location"]


def test_the_address_is_the_primary_one(provider):
    emails = [{"value": "b@home.example", "type": "home"}, {"value": "B@Example.com", "type": "work", "primary": True}]
    made = provider.post("Users", BARBARA | {"userName": "bjensen", "emails": emails}).json()
    assert (made["userName"], made["emails"][0]["value"]) == ("bjensen", "b@example.com")
    assert User.objects.filter(email="b@example.com").exists()


def test_what_entra_creates(provider):
    body = {
        "schemas": [USER, ENTERPRISE],
        "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
        "userName": "Test_User@testuser.example.com",
        "active": True,
        "displayName": "Test User",
        "emails": [{"primary": True, "type": "work", "value": "Test_User@testuser.example.com"}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "givenName familyName", "familyName": "familyName", "givenName": "givenName"},
        "roles": [],
        ENTERPRISE: {"department": "bob", "manager": {"value": "SuzzyQ"}},
        "title": "Engineer",
    }
    response = provider.post("Users", body)
    assert response.status_code == 201, response.text
    assert response.json()["displayName"] == "Test User"
    assert "title" not in response.json()


@pytest.mark.parametrize("body", [
    {"schemas": [USER], "userName": "nobody"}, {"schemas": [USER]}, {"userName": 3, "schemas": [USER]}, [], "{", "null",
    {"schemas": [USER], "userName": "x@example.com", "active": "perhaps"},
])  # fmt: skip
def test_what_is_no_person_is_refused_in_scims_form(provider, body):
    response = provider.post("Users", body)
    assert response.status_code == 400
    assert response.json()["schemas"] == [ERROR]
    assert response.json()["scimType"] in ("invalidValue", "invalidSyntax")
    assert response.json()["detail"]


def test_nobody_is_made_twice(provider, barbara):
    response = provider.post("Users", BARBARA | {"userName": "BJENSEN@example.com", "externalId": "2"})
    assert (response.status_code, response.json()["scimType"]) == (409, "uniqueness")
    response = provider.post("Users", BARBARA | {"userName": "other@example.com"})
    assert (response.status_code, response.json()["scimType"]) == (409, "uniqueness")
    assert not User.objects.filter(email="other@example.com").exists()


@pytest.mark.parametrize(("wanted", "is_found"), [
    ('userName eq "bjensen@example.com"', True),
    ('userName eq "BJENSEN@EXAMPLE.COM"', True),
    ('userName eq "nobody@example.com"', False),
    ('externalId eq "701984"', True),
    ('externalId eq "70198"', False),
    ('userName eq "bjensen@example.com" and active eq true', True),
    ('userName eq "bjensen@example.com" and active eq false', False),
    ('userName eq "nobody@example.com" or externalId eq "701984"', True),
    ('not (userName eq "bjensen@example.com") and externalId eq "701984"', False),
    ('name.familyName co "ense" and emails[type eq "work"]', True),
    (f'{USER}:userName sw "bj"', True),
])  # fmt: skip
def test_people_are_found_by_filters(provider, barbara, wanted, is_found):
    response = provider.client.get(
        "/scim/v2/Users", {"filter": wanted}, headers={"authorization": f"Bearer {provider.token}"}
    )
    assert response.status_code == 200, response.text
    found = [each["id"] for each in response.json().get("Resources", [])]
    assert found == ([barbara["id"]] if is_found else [])
    assert response.json()["totalResults"] == len(found)


@pytest.mark.parametrize("wanted", ["userName", 'userName eq "', "nothing eq 1", 'userName xx "a"'])
def test_a_wrong_filter_is_told(provider, wanted):
    response = provider.client.get(
        "/scim/v2/Users", {"filter": wanted}, headers={"authorization": f"Bearer {provider.token}"}
    )
    assert (response.status_code, response.json()["scimType"]) == (400, "invalidFilter")


def test_pages(provider, maker):
    for number in range(5):
        User.objects.create_user(f"p{number}@example.com", None)
    first = provider.get("Users?startIndex=1&count=4").json()
    second = provider.get("Users?startIndex=5&count=4").json()
    assert (first["totalResults"], first["itemsPerPage"], first["startIndex"]) == (6, 4, 1)
    assert (second["totalResults"], second["itemsPerPage"], second["startIndex"]) == (6, 2, 5)
    assert len({each["id"] for each in first["Resources"] + second["Resources"]}) == 6
    assert provider.get("Users?count=0").json()["totalResults"] == 6
    assert provider.get("Users?startIndex=-3&count=100000").json()["itemsPerPage"] == 6
    assert provider.get("Users?count=many").status_code == 400


def test_only_what_is_asked_for_is_sent(provider, barbara):
    only = provider.get("Users?attributes=userName").json()["Resources"][-1]
    assert set(only) == {"schemas", "id", "userName"}
    assert "name" not in provider.get(f"{path(barbara)}?excludedAttributes=name").json()


def test_a_person_is_replaced(provider, barbara):
    response = provider.put(path(barbara), BARBARA | {"id": barbara["id"], "displayName": "Babs"})
    assert response.status_code == 200
    assert (response.json()["displayName"], response.json()["active"]) == ("Babs", True)
    assert response.json()["meta"]["version"] != barbara["meta"]["version"]
    assert User.objects.get(email="bjensen@example.com").name == "Babs"


def test_operations_of_the_rfc(provider, barbara):
    assert provider.patch(path(barbara), {"op": "replace", "path": "displayName", "value": "B"}).status_code == 200
    assert provider.get(path(barbara)).json()["displayName"] == "B"
    provider.patch(path(barbara), {"op": "add", "value": {"name": {"givenName": "Babs"}}})
    assert provider.get(path(barbara)).json()["name"] == BARBARA["name"] | {"givenName": "Babs"}
    provider.patch(path(barbara), {"op": "remove", "path": "name.formatted"})
    assert "formatted" not in provider.get(path(barbara)).json()["name"]
    response = provider.patch(path(barbara), {"op": "remove"})
    assert (response.status_code, response.json()["scimType"]) == (400, "noTarget")
    response = provider.patch(path(barbara), {"op": "move", "path": "displayName", "value": "x"})
    assert response.status_code == 400


@pytest.mark.parametrize("operation", [
    {"op": "replace", "path": "active", "value": False},
    {"op": "replace", "value": {"active": False}},
    {"op": "Replace", "path": "active", "value": "False"},
    {"op": "Replace", "value": {"active": "False"}},
])  # fmt: skip
def test_a_person_is_deactivated_in_every_way_that_providers_say_it(provider, barbara, operation):
    response = provider.patch(path(barbara), operation)
    assert (response.status_code, response.json()["active"]) == (200, False)
    assert not User.objects.get(email="bjensen@example.com").is_active
    assert provider.patch(path(barbara), {"op": "Replace", "path": "active", "value": "True"}).json()["active"] is True
    assert User.objects.get(email="bjensen@example.com").is_active


def test_entra_changes_an_address(provider, barbara):
    provider.patch(
        path(barbara), {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "babs@example.com"}
    )
    assert User.objects.filter(email="babs@example.com").exists()
    assert provider.get(path(barbara)).json()["userName"] == "bjensen@example.com"


def test_a_new_user_name_moves_the_address_that_was_it(provider, barbara):
    provider.patch(path(barbara), {"op": "Replace", "path": "userName", "value": "babs@example.com"})
    user = User.objects.get(email="babs@example.com")
    assert list(user.emailaddress_set.values_list("email", "verified")) == [("babs@example.com", True)]


def test_the_address_of_somebody_else_cannot_be_taken(provider, barbara):
    response = provider.patch(path(barbara), {"op": "replace", "path": "userName", "value": "ada@example.com"})
    assert (response.status_code, response.json()["scimType"]) == (409, "uniqueness")


@pytest.mark.django_db(transaction=True)
def test_a_session_that_is_open_and_a_key_stop_at_once(provider, barbara):
    user = User.objects.get(email="bjensen@example.com")
    user.set_password("a long enough password")
    user.save()
    browser = Client()
    browser.post("/accounts/login/", {"login": user.email, "password": "a long enough password"})
    key = create_key(user, "test")[1]
    headers = {"authorization": f"Bearer {key}"}
    assert browser.get("/").status_code == 200
    assert browser.get("/api/v1/sources", headers=headers).status_code == 200
    provider.patch(path(barbara), {"op": "Replace", "path": "active", "value": "False"})
    assert browser.get("/").status_code == 302
    assert browser.get("/api/v1/sources", headers=headers).status_code == 401
    provider.patch(path(barbara), {"op": "Replace", "path": "active", "value": "True"})
    assert browser.get("/").status_code == 302
    assert browser.get("/api/v1/sources", headers=headers).status_code == 401


def test_a_deleted_person_is_gone_for_the_provider_and_closed_here(provider, barbara):
    user = User.objects.get(email="bjensen@example.com")
    User.objects.filter(pk=user.pk).update(roles=[Role.REVIEWER])
    assert provider.delete(path(barbara)).status_code == 204
    user.refresh_from_db()
    assert (user.is_active, user.roles) == (False, [])
    assert provider.get(path(barbara)).status_code == 404
    assert provider.delete(path(barbara)).status_code == 404
    assert barbara["id"] not in provider.get("Users").text


def test_who_was_deleted_and_comes_back_finds_their_account(provider, barbara):
    provider.delete(path(barbara))
    response = provider.post("Users", BARBARA | {"externalId": "new"})
    assert (response.status_code, response.json()["id"]) == (201, barbara["id"])
    assert User.objects.get(email="bjensen@example.com").is_active


def test_an_account_made_here_is_found_and_taken_over(provider, maker):
    found = provider.get('Users?filter=userName%20eq%20"ada@example.com"').json()["Resources"][0]
    provider.patch(f"Users/{found['id']}", {"op": "add", "path": "externalId", "value": "ada-1"})
    assert ScimUser.objects.get(user=maker).external_id == "ada-1"
    maker.refresh_from_db()
    assert maker.roles == [Role.ADMIN]
    assert maker.has_usable_password()


# -- what a provider may never do -------------------------------------------------------------------------
@pytest.mark.parametrize("more", [
    {"roles": [{"value": "admin"}]}, {"Roles": ["admin"]}, {"password": "t1meMa$heen!!!"},
    {"entitlements": [{"value": "admin"}]}, {USER: {"roles": ["admin"]}}, {f"{USER}:roles": ["admin"]},
])  # fmt: skip
def test_roles_and_passwords_are_refused(provider, barbara, more):
    for response in (
        provider.post("Users", BARBARA | {"userName": "eve@example.com", "externalId": "e"} | more),
        provider.put(path(barbara), BARBARA | more),
        provider.patch(path(barbara), {"op": "add", "value": more}),
        *(provider.patch(path(barbara), {"op": "Add", "path": key, "value": value}) for key, value in more.items()),
    ):
        assert (response.status_code, response.json()["scimType"]) == (400, "mutability"), response.text
    user = User.objects.get(email="bjensen@example.com")
    assert (user.roles, user.is_superuser, user.has_usable_password()) == ([], False, False)


@pytest.mark.parametrize("more", [
    {"is_superuser": True}, {"isSuperuser": True}, {"is_staff": True}, {"kind": "service"}, {"id": "user-1"},
    {"groups": [{"value": "group-1"}]}, {"permissions": ["manage_people"]}, {"pk": 1}, {"user_permissions": [1]},
])  # fmt: skip
def test_what_a_person_is_here_cannot_be_written(provider, barbara, more):
    before = User.objects.filter(email="bjensen@example.com").values().get()
    provider.put(path(barbara), BARBARA | more)
    provider.patch(path(barbara), {"op": "add", "value": more})
    after = User.objects.filter(email="bjensen@example.com").values().get()
    assert before == after


def test_the_address_of_a_role_holder_is_not_moved(provider, maker):
    """Who holds a token could otherwise sign on as an admin from an address of their own."""
    for name in ("userName", 'emails[type eq "work"].value'):
        response = provider.patch(f"Users/user-{maker.pk}", {"op": "replace", "path": name, "value": "eve@example.com"})
        assert response.status_code == 403
    maker.refresh_from_db()
    assert maker.email == "ada@example.com"


def test_the_emergency_account_is_not_there(provider, maker, settings):
    settings.ATTEST_EMERGENCY_ACCOUNT = maker.email
    assert provider.get(f"Users/user-{maker.pk}").status_code == 404
    assert (
        provider.patch(f"Users/user-{maker.pk}", {"op": "replace", "path": "active", "value": False}).status_code == 404
    )
    assert provider.delete(f"Users/user-{maker.pk}").status_code == 404
    assert provider.post("Users", BARBARA | {"userName": maker.email}).status_code == 409
    assert maker.email not in provider.get("Users").text
    maker.refresh_from_db()
    assert maker.is_active


@pytest.mark.parametrize(
    "number", ["user-", "user-x", "user-99999999999999999999", "group-1", "1", "user-٣", "user--1"]
)
def test_an_id_that_was_never_given_is_not_found(provider, number):
    response = provider.get(f"Users/{number}")
    assert (response.status_code, response.json()["schemas"]) == (404, [ERROR])


@pytest.mark.parametrize("email", ["erased-1@erased.invalid", "x@service.invalid", "command-line@localhost"])
def test_addresses_that_are_no_persons_are_not_given(provider, barbara, email):
    assert provider.post("Users", BARBARA | {"userName": email, "externalId": "e"}).status_code == 400
    response = provider.patch(path(barbara), {"op": "replace", "path": "userName", "value": email})
    assert response.status_code == 400
    assert not User.objects.filter(email=email).exists()


def test_what_was_closed_here_a_provider_does_not_open(provider, barbara):
    """Providers tell of everybody that they are active at each sync; an admin who closed an account meant it."""
    user = User.objects.get(email="bjensen@example.com")
    close_account(user, actor=None, why="test")
    for response in (
        provider.patch(path(barbara), {"op": "replace", "path": "active", "value": True}),
        provider.put(path(barbara), BARBARA | {"active": True, "displayName": "Babs"}),
    ):
        assert (response.status_code, response.json()["active"]) == (200, False)
    user.refresh_from_db()
    assert (user.is_active, user.name) == (False, "Babs")
    assert not AuditEvent.objects.filter(action=events.SCIM_USER_CHANGED, after__has_key="active").exists()
    provider.delete(path(barbara))
    assert provider.post("Users", BARBARA).json()["active"] is False
    open_account(user, actor=None, why="test")
    provider.patch(path(barbara), {"op": "replace", "path": "active", "value": False})
    assert provider.patch(path(barbara), {"op": "replace", "path": "active", "value": True}).json()["active"] is True


def test_who_was_made_closed_is_opened_by_the_provider(provider):
    made = provider.post("Users", BARBARA | {"active": False}).json()
    assert made["active"] is False
    assert provider.patch(path(made), {"op": "replace", "path": "active", "value": True}).json()["active"] is True


def test_an_account_that_was_erased_is_not_taken_up_again(provider, barbara):
    from app.privacy.erasing import ask_to_erase, carry_out

    user = User.objects.get(email="bjensen@example.com")
    carry_out(ask_to_erase(user, actor=None).pk)
    user.refresh_from_db()
    provider.post("Users", BARBARA | {"userName": user.email, "externalId": "e"})
    provider.patch(path(barbara), {"op": "replace", "path": "active", "value": True})
    provider.patch(path(barbara), {"op": "replace", "path": "userName", "value": "eve@example.com"})
    user.refresh_from_db()
    assert (user.email, user.is_active) == (f"erased-{user.pk}@erased.invalid", False)


def test_nobody_becomes_the_emergency_account_before_it_is_there(provider, barbara, settings):
    settings.ATTEST_EMERGENCY_ACCOUNT = "break.glass@example.com"
    assert provider.post("Users", BARBARA | {"userName": "Break.Glass@example.com"}).status_code == 409
    response = provider.patch(path(barbara), {"op": "replace", "path": "userName", "value": "break.glass@example.com"})
    assert response.status_code == 409
    assert not User.objects.filter(email="break.glass@example.com").exists()


def test_the_audit_log_tells_which_token_acted(provider, barbara):
    from app.scim.models import ScimToken

    token = ScimToken.objects.get()
    provider.patch(path(barbara), {"op": "replace", "path": "displayName", "value": "B"})
    provider.delete(path(barbara))
    acts = AuditEvent.objects.filter(
        action__in=[events.SCIM_USER_CREATED, events.SCIM_USER_CHANGED, events.SCIM_USER_REMOVED]
    )
    assert [each.details["through"] for each in acts] == [token.prefix] * 3


def test_a_name_holds_nothing_that_cannot_be_seen(provider):
    provider.post("Users", BARBARA | {"displayName": "Ada\u202e Love\u200blace"})
    assert User.objects.get(email="bjensen@example.com").name == "Ada Lovelace"


STRANGE = ("a\x00@example.com", "a\ud800@example.com", "x" * 5000 + "@example.com", "ﬀ@example.com", "a@b@c.example")


@pytest.mark.parametrize("text", STRANGE)
@pytest.mark.parametrize("attribute", ["userName", "externalId", "displayName"])
def test_strange_texts_break_nothing(provider, barbara, attribute, text):
    for response in (
        provider.post("Users", BARBARA | {"userName": "new@example.com", "externalId": "n"} | {attribute: text}),
        provider.patch(path(barbara), {"op": "replace", "path": attribute, "value": text}),
        provider.patch(path(barbara), {"op": "add", "value": {"name": {"givenName": text}}}),
        provider.client.get(
            "/scim/v2/Users",
            {"filter": f'{attribute} eq "{text.encode("utf-8", "replace").decode()}"'},
            headers={"authorization": f"Bearer {provider.token}"},
        ),
    ):
        assert response.status_code < 500, response.text
        assert response.headers["Content-Type"] == "application/scim+json"


@pytest.mark.parametrize("query", [
    "startIndex=99999999999999999999999", "startIndex=9223372036854775807&count=200", "count=-5",
    "filter=" + "(" * 3000 + "active%20eq%20true" + ")" * 3000, "filter=" + "not%20(" * 2000,
    'filter=id%20eq%20"user-99999999999999999999"', 'filter=userName%20eq%20"%00"', "attributes=%00", "filter=active",
])  # fmt: skip
def test_strange_searches_break_nothing(provider, barbara, query):
    for place in ("Users", "Groups"):
        response = provider.get(f"{place}?{query}")
        assert response.status_code < 500, response.text


def test_deep_bodies_break_nothing(provider, barbara):
    deep = '{"schemas":' + "[" * 40_000 + "]" * 40_000 + "}"
    for method, place in (("POST", "Users"), ("PUT", path(barbara)), ("PATCH", path(barbara))):
        assert provider.ask(method, place, deep).status_code == 400


# -- versions ----------------------------------------------------------------------------------------------
def test_a_version_that_was_overtaken_is_refused(provider, barbara):
    version = barbara["meta"]["version"]
    assert provider.get(path(barbara), if_none_match=version).status_code == 304
    body = BARBARA | {"displayName": "Babs"}
    assert provider.put(path(barbara), body, if_match=version).status_code == 200
    assert provider.put(path(barbara), BARBARA, if_match=version).status_code == 412
    assert provider.get(path(barbara), if_none_match=version).status_code == 200
    assert provider.get(path(barbara)).json()["displayName"] == "Babs"


# -- what is told of the service ----------------------------------------------------------------------------
def test_the_service_tells_what_it_offers(provider):
    config = provider.get("ServiceProviderConfig").json()
    assert config["patch"]["supported"] is True
    assert config["etag"]["supported"] is True
    assert config["filter"] == {"supported": True, "maxResults": 200}
    assert [config[each]["supported"] for each in ("bulk", "sort", "changePassword")] == [False] * 3
    assert config["authenticationSchemes"][0]["type"] == "oauthbearertoken"
    kinds = provider.get("ResourceTypes").json()
    assert {(each["name"], each["endpoint"]) for each in kinds["Resources"]} == {
        ("User", "/Users"),
        ("Group", "/Groups"),
    }
    assert provider.get("ResourceTypes/User").json()["schema"] == USER
    schemas = provider.get("Schemas").json()
    assert schemas["totalResults"] == 2
    attributes = {each["name"] for each in provider.get(f"Schemas/{USER}").json()["attributes"]}
    assert {"userName", "name", "emails", "active", "groups"} <= attributes
    assert not attributes & {"password", "roles", "entitlements"}
    assert provider.get("Schemas/urn:unknown").status_code == 404
