"""People, groups, roles and keys as pages: what is shown, what is changed, and what nobody can bring about."""

import pytest
from django.test import Client

from app.accounts.groups import SCIM, make_group, set_memberships
from app.accounts.keys import user_of_key
from app.accounts.models import ApiKey, Role, User
from app.accounts.people import make_service
from app.accounts.permissions import Permission
from app.audit import events
from app.audit.models import AuditEvent
from app.corpus.models import AccessSet
from app.tests.world import World
from ingestion.sources import create_source

pytestmark = pytest.mark.django_db


def become(world: World, name: str, *roles: str) -> Client:
    User.objects.filter(pk=world.person(name).pk).update(roles=list(roles))
    client = Client()
    client.force_login(User.objects.get(pk=world.person(name).pk))
    return client


def roles_of(user: User) -> list[str]:
    return User.objects.get(pk=user.pk).roles


def test_people_are_found_by_name_role_state_and_group(visitors, world):
    become(world, "bob", Role.REVIEWER)
    ada = visitors.ada
    assert "alice@example.com" in ada.get("/people/").text
    for query, there, not_there in (
        ("q=ali", "alice@", "bob@"), ("role=reviewer", "bob@", "alice@"), ("role=none", "alice@", "bob@"),
        (f"group={world.team.pk}", "alice@", "charlie@"), ("state=closed", "Nobody fits", "alice@"),
        ("state=nonsense&role=x&group=99999&page=-1&q=%00", "alice@", "Nobody fits"),
    ):  # fmt: skip
        page = ada.get(f"/people/?{query}").text
        assert there in page, query
        assert not_there not in page.split("</form>", 2)[-1], query


def test_a_person_shows_who_gave_each_group(visitors, world):
    crew = make_group("Crew", actor=None)
    set_memberships(world.charlie, [crew], SCIM, None)
    page = visitors.ada.get(f"/people/{world.charlie.pk}/").text
    assert "Crew" in page
    assert "by SCIM" in page


def test_groups_given_here_are_changed_and_a_providers_stay(visitors, world):
    crew = make_group("Crew", actor=None)
    set_memberships(world.charlie, [crew], SCIM, None)
    visitors.ada.post(f"/people/{world.charlie.pk}/groups/", {"groups": [world.team.pk]})
    assert set(world.charlie.groups.values_list("name", flat=True)) == {"Crew", "team"}
    visitors.ada.post(f"/people/{world.charlie.pk}/groups/", {})
    assert set(world.charlie.groups.values_list("name", flat=True)) == {"Crew"}


def test_a_change_of_groups_holds_at_the_next_page(visitors, world):
    charlie = visitors.charlie
    assert charlie.get(f"/documents/{world.document.pk}/").status_code == 404
    visitors.ada.post(f"/people/{world.charlie.pk}/groups/", {"groups": [world.team.pk]})
    assert charlie.get(f"/documents/{world.document.pk}/").status_code == 200
    visitors.ada.post(f"/people/{world.charlie.pk}/groups/", {})
    assert charlie.get(f"/documents/{world.document.pk}/").status_code == 404


@pytest.mark.parametrize("roles", [[], [Role.REVIEWER], [Role.OPERATOR], [Role.AUDITOR], [Role.SOURCE_ADMIN]])
def test_nobody_but_an_admin_can_change_roles_or_groups_whatever_is_sent(world, roles):
    client = become(world, "bob", *roles)
    everything = {
        "roles": ["admin"], "groups": [world.team.pk], "is_superuser": "on", "is_staff": "on", "kind": "service",
        "email": "x@example.com", "name": "Eve", "password": "a quite long secret 7", "owner": world.bob.pk,
    }  # fmt: skip
    for address in (
        "new/",
        "services/new/",
        f"{world.bob.pk}/roles/",
        f"{world.bob.pk}/groups/",
        f"{world.ada.pk}/close/",
    ):
        assert client.post(f"/people/{address}", everything).status_code in (404, 405), address
    assert roles_of(world.bob) == roles
    assert User.objects.get(pk=world.ada.pk).is_active
    assert not User.objects.filter(email="x@example.com").exists()


@pytest.mark.parametrize("address", ["/", "/account/keys/", "/accounts/password/change/"])
def test_fields_that_a_form_does_not_have_change_nothing(visitors, world, address):
    sent = {"roles": "admin", "is_superuser": "1", "is_active": "0", "groups": str(world.team.pk), "kind": "service"}
    visitors.charlie.post(address, sent)
    charlie = User.objects.get(pk=world.charlie.pk)
    assert (charlie.roles, charlie.is_superuser, charlie.is_active, charlie.kind) == ([], False, True, "person")
    assert not charlie.groups.exists()


def test_unknown_roles_and_fields_of_a_role_form_are_refused(visitors, world):
    assert visitors.ada.post(f"/people/{world.bob.pk}/roles/", {"roles": ["emperor"]}).status_code == 422
    visitors.ada.post(f"/people/{world.bob.pk}/roles/", {"roles": ["auditor"], "is_superuser": "on", "kind": "service"})
    bob = User.objects.get(pk=world.bob.pk)
    assert (bob.roles, bob.is_superuser, bob.kind) == (["auditor"], False, "person")


def test_the_last_admin_stays_an_admin_and_open(visitors, world):
    ada = visitors.ada
    page = ada.post(f"/people/{world.ada.pk}/roles/", {"roles": []}, follow=True).text
    assert "last admin" in page
    assert "last admin" in ada.post(f"/people/{world.ada.pk}/close/", follow=True).text
    assert roles_of(world.ada) == ["admin"]
    assert User.objects.get(pk=world.ada.pk).is_active


def test_closing_an_account_ends_its_sessions_and_keys_at_once(visitors, world):
    bob = Client()
    bob.post("/accounts/login/", {"login": "bob@example.com", "password": "a long enough password"})
    assert bob.get("/library/").status_code == 200
    visitors.ada.post(f"/people/{world.bob.pk}/close/")
    assert bob.get("/library/").status_code == 302
    assert user_of_key(world.keys["bob"]) is None
    visitors.ada.post(f"/people/{world.bob.pk}/open/")
    assert user_of_key(world.keys["bob"]) is None, "what was revoked stays revoked"


def test_an_auditor_sees_people_and_rights_and_changes_nothing(world):
    auditor = become(world, "bob", Role.AUDITOR)
    for address in ("/people/", f"/people/{world.alice.pk}/", f"/people/{world.alice.pk}/reads/", "/groups/", "/roles/",
                    f"/sources/{world.team_source.pk}/readers/"):  # fmt: skip
        assert auditor.get(address).status_code == 200, address
    page = auditor.get(f"/people/{world.alice.pk}/").text
    assert "Save roles" not in page
    assert "End access" not in page
    auditor.post("/groups/", {"name": "Mine"})
    assert "Mine" not in auditor.get("/groups/").text.split("</form>")[-1]
    for address in ("/sources/", "/keys/", "/people/new/", f"/sources/{world.team_source.pk}/"):
        assert auditor.get(address).status_code == 404, address
    assert auditor.get(f"/people/{world.alice.pk}/reads/?source={world.team_source.pk}").status_code == 404


def test_the_table_of_roles_says_every_permission_in_words(visitors):
    page = visitors.ada.get("/roles/").text
    assert all(permission.label.replace("'", "&#x27;") in page for permission in Permission)
    assert all(str(role.label) in page for role in Role)


def test_removing_a_group_says_what_it_opens_and_closes_it(visitors, world):
    asked = visitors.ada.get(f"/groups/{world.team.pk}/remove/").text
    assert "Team files" in asked
    assert "2 people" in asked
    alice = visitors.alice
    visitors.ada.post(f"/groups/{world.team.pk}/remove/")
    assert alice.get(f"/documents/{world.document.pk}/").status_code == 404
    assert AccessSet.objects.get(pk=world.team_source.access_set_id).group_ids == []
    assert AuditEvent.objects.filter(action=events.GROUP_REMOVED).exists()


def test_a_providers_group_is_not_renamed_or_removed_here(visitors):
    group = make_group("From there", origin=SCIM, actor=None)
    for act in ("rename", "remove"):
        assert visitors.ada.post(f"/groups/{group.pk}/{act}/", {"name": "x"}).status_code == 404


def test_who_can_read_a_document_and_why(visitors, world):
    page = visitors.ada.get(f"/sources/{world.team_source.pk}/documents/{world.document.pk}/readers/").text
    assert "alice@example.com" in page
    assert "group team (given here)" in page
    assert "charlie@example.com" not in page
    assert f"/people/{world.ada.pk}/" not in page, "a role opens no document"
    assert AuditEvent.objects.filter(action=events.RIGHTS_LOOKED_AT, target=f"document:{world.document.pk}").exists()


def test_what_a_person_can_read_is_told_without_any_text(visitors, world):
    page = visitors.ada.get(f"/people/{world.alice.pk}/reads/?source={world.team_source.pk}").text
    assert "Team budget" in page
    assert "480,000" not in page
    assert "group team (given here)" in page
    assert "Team files" not in visitors.ada.get(f"/people/{world.charlie.pk}/reads/").text


# Admins of named sources -------------------------------------------------------------------------


def source_admin(world: World) -> Client:
    world.team_source.admins.add(world.charlie)
    return become(world, "charlie", Role.SOURCE_ADMIN)


def test_the_admin_of_a_source_has_its_pages_and_no_others(world):
    client, mine, other = source_admin(world), world.team_source.pk, world.handbook_source.pk
    for part in (
        "",
        "state/",
        "failures/",
        "runs/",
        "index/",
        "settings/",
        "readers/",
        f"documents/{world.document.pk}/",
    ):
        assert client.get(f"/sources/{mine}/{part}").status_code in (200, 302), part
        assert client.get(f"/sources/{other}/{part}").status_code == 404, part
    assert client.post(f"/sources/{other}/sync/").status_code == 404
    assert client.get(f"/sources/{mine}/documents/{world.handbook.pk}/").status_code == 404
    elsewhere = (
        "/sources/new/",
        f"/sources/{mine}/remove/",
        f"/sources/{mine}/purge/",
        "/people/",
        "/groups/",
        "/roles/",
    )
    for address in (*elsewhere, "/keys/", "/models/", "/prompts/", "/personal-data/", "/usage/", "/quality/"):
        assert client.get(address).status_code == 404, address
    listed = client.get("/sources/").text
    assert "Team files" in listed
    assert "Handbook" not in listed


def test_the_admin_of_a_source_sees_no_text_and_nobody_by_name(world):
    client = source_admin(world)
    page = client.get(f"/sources/{world.team_source.pk}/documents/{world.document.pk}/").text
    assert "480,000" not in page
    readers = client.get(f"/sources/{world.team_source.pk}/readers/").text
    assert "team" in readers
    assert "alice@example.com" not in readers


def test_the_admin_of_a_source_changes_its_readers_audited_and_not_where_it_reads_from(world, tmp_path, settings):
    settings.ATTEST_FOLDER_ROOTS = [str(tmp_path)]
    (tmp_path / "mine").mkdir()
    (tmp_path / "board").mkdir()
    source = create_source(
        actor=None, name="Mine", kind="folder", everyone=True, settings={"path": str(tmp_path / "mine")}
    )
    source.admins.add(world.charlie)
    client = become(world, "charlie", Role.SOURCE_ADMIN)
    sent = {
        "name": "Mine", "readers": "groups", "groups": [world.team.pk], "removal_limit": 20,
        "connection-path": str(tmp_path / "board"), "admins": [world.bob.pk],
    }  # fmt: skip
    assert client.post(f"/sources/{source.pk}/settings/", sent).status_code == 302
    source.refresh_from_db()
    assert source.settings["path"] == str(tmp_path / "mine")
    assert AccessSet.objects.get(pk=source.access_set_id).group_ids == [world.team.pk]
    assert list(source.admins.all()) == [world.charlie]
    assert AuditEvent.objects.filter(action=events.SOURCE_CHANGED, actor_label="charlie@example.com").exists()


# Keys --------------------------------------------------------------------------------------------


def test_a_key_is_replaced_shown_once_and_the_old_one_says_until_when(visitors, world):
    alice = visitors.alice
    page = alice.post(f"/account/keys/{world.key.pk}/rotate/", {"hours": 2}).text
    secret = page.split('id="secret">')[1].split("<")[0]
    assert user_of_key(secret) == user_of_key(world.keys["alice"]) == world.alice
    after = alice.get("/account/keys/").text
    assert secret not in after
    assert "still works until" in after


def test_admins_see_and_revoke_all_keys_and_can_make_nobodys(visitors, world):
    page = visitors.ada.get("/keys/").text
    assert "alice@example.com" in page
    assert world.keys["alice"] not in page
    assert visitors.ada.post(f"/account/keys/{world.key.pk}/rotate/", {"hours": 2}).status_code == 404
    visitors.ada.post(f"/account/keys/{world.key.pk}/revoke/")
    assert user_of_key(world.keys["alice"]) is None
    assert AuditEvent.objects.get(action=events.API_KEY_REVOKED).actor_label == "ada@example.com"


def test_a_service_account_has_keys_and_cannot_sign_in(visitors, world):
    visitors.ada.post("/people/services/new/", {"name": "Intranet", "owner": world.bob.pk, "groups": [world.team.pk]})
    service = User.objects.get(kind=User.Kind.SERVICE)
    page = visitors.ada.post(f"/people/{service.pk}/keys/", {"name": "n", "scopes": ["search"], "days": 9}).text
    secret = page.split('id="secret">')[1].split("<")[0]
    assert user_of_key(secret) == service
    for password in ("", "!", service.password):
        Client().post("/accounts/login/", {"login": service.email, "password": password})
    assert User.objects.get(pk=service.pk).last_login is None
    visitors.ada.post(f"/people/{world.bob.pk}/close/")
    assert user_of_key(secret) is None


def test_a_scope_that_somebody_cannot_use_is_not_offered(visitors, world):
    assert "manage_sources" not in visitors.alice.get("/account/keys/").text.split('id="keys-heading"')[0]
    reply = visitors.alice.post("/account/keys/", {"name": "x", "scopes": ["manage_sources"], "days": 5})
    assert "secret-line" not in reply.text
    assert not ApiKey.objects.filter(name="x").exists()


def test_wrong_networks_and_spans_of_a_key_are_told(visitors):
    sent = {"name": "x", "scopes": ["ask"], "days": 5, "networks": "10.0.0.0/99"}
    assert "is not a network" in visitors.alice.post("/account/keys/", sent).text
    assert "at most" in visitors.alice.post("/account/keys/", {**sent, "networks": "", "days": 99999}).text
    assert not ApiKey.objects.filter(name="x").exists()


def test_no_key_can_be_made_for_a_person_by_another(visitors, world):
    make_service("Intranet", owner=world.ada, groups=[], actor=world.ada)
    sent = {"name": "x", "scopes": ["ask"], "days": 5, "user": world.alice.pk, "user_id": world.alice.pk}
    visitors.bob.post("/account/keys/", sent)
    assert ApiKey.objects.get(name="x").user == world.bob
    assert visitors.ada.post(f"/people/{world.alice.pk}/keys/", sent).status_code == 404
