"""Groups by SCIM: whose they are, who is in them, and that reading changes with them at once."""

import pytest
from django.contrib.auth.models import Group

from app.accounts.groups import SCIM, make_group, origin_of, origins_of
from app.accounts.models import LOCAL, User
from app.audit import events
from app.audit.models import AuditEvent
from app.corpus.access import reader_for

pytestmark = pytest.mark.django_db
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


@pytest.fixture
def people(db):
    return [User.objects.create_user(f"{name}@example.com", None, name=name) for name in ("alice", "bob", "charlie")]


@pytest.fixture
def guides(provider, people):
    body = {"schemas": [GROUP], "displayName": "Tour Guides", "externalId": "g1", "members": members(*people[:2])}
    response = provider.post("Groups", body)
    assert response.status_code == 201, response.text
    return response.json()


def members(*people):
    return [{"value": f"user-{user.pk}"} for user in people]


def path(resource):
    return f"Groups/{resource['id']}"


def who(group):
    return sorted(Group.objects.get(name=group).user_set.values_list("name", flat=True))


def test_a_group_is_made_with_its_members(provider, guides, people):
    assert who("Tour Guides") == ["alice", "bob"]
    assert [each["value"] for each in guides["members"]] == [f"user-{user.pk}" for user in people[:2]]
    assert provider.get(path(guides)).json() == guides
    group = Group.objects.get()
    assert origin_of(group) == SCIM
    assert origins_of(people[0]) == {group.pk: {SCIM}}
    assert provider.get(f"Users/user-{people[0].pk}").json()["groups"][0]["display"] == "Tour Guides"
    assert AuditEvent.objects.filter(action=events.SCIM_GROUP_CREATED).exists()


def test_members_come_and_go_by_the_operations_of_the_rfc(provider, guides, people):
    alice, bob, charlie = people
    provider.patch(path(guides), {"op": "add", "path": "members", "value": members(charlie)})
    assert who("Tour Guides") == ["alice", "bob", "charlie"]
    provider.patch(path(guides), {"op": "remove", "path": f'members[value eq "user-{bob.pk}"]'})
    assert who("Tour Guides") == ["alice", "charlie"]
    provider.patch(path(guides), {"op": "replace", "path": "members", "value": members(bob)})
    assert who("Tour Guides") == ["bob"]
    provider.patch(path(guides), {"op": "remove", "path": "members"})
    assert who("Tour Guides") == []
    provider.patch(path(guides), {"op": "add", "value": {"members": members(alice)}})
    assert who("Tour Guides") == ["alice"]


def test_members_come_and_go_as_entra_says_it(provider, guides, people):
    provider.patch(path(guides), {"op": "Add", "path": "members", "value": members(people[2])})
    assert who("Tour Guides") == ["alice", "bob", "charlie"]
    provider.patch(path(guides), {"op": "Remove", "path": "members", "value": members(*people[:2])})
    assert who("Tour Guides") == ["charlie"]
    provider.patch(path(guides), {"op": "Replace", "path": "displayName", "value": "Guides"})
    assert who("Guides") == ["charlie"]


def test_a_group_is_replaced_as_a_whole(provider, guides, people):
    body = {"schemas": [GROUP], "displayName": "Guides", "members": members(people[2])}
    assert provider.put(path(guides), body).json()["displayName"] == "Guides"
    assert who("Guides") == ["charlie"]


def test_adding_twice_and_removing_who_is_not_in_it_changes_nothing(provider, guides, people):
    provider.patch(path(guides), {"op": "add", "path": "members", "value": members(people[0])})
    provider.patch(path(guides), {"op": "remove", "path": f'members[value eq "user-{people[2].pk}"]'})
    assert who("Tour Guides") == ["alice", "bob"]
    assert AuditEvent.objects.filter(action=events.SCIM_GROUP_CHANGED).count() == 0


def test_what_somebody_reads_changes_with_the_group_at_once(provider, guides, people):
    group = Group.objects.get()
    assert group.pk in reader_for(people[0]).group_ids
    provider.patch(path(guides), {"op": "remove", "path": f'members[value eq "user-{people[0].pk}"]'})
    assert group.pk not in reader_for(people[0]).group_ids


def test_a_local_group_of_the_same_name_is_not_taken_over(provider, people):
    local = make_group("Board", actor=None)
    people[0].groups.add(local)
    response = provider.post("Groups", {"schemas": [GROUP], "displayName": "board", "members": members(people[2])})
    assert (response.status_code, response.json()["scimType"]) == (409, "uniqueness")
    assert who("Board") == ["alice"]
    assert provider.get(f"Groups/group-{local.pk}").status_code == 404
    assert provider.delete(f"Groups/group-{local.pk}").status_code == 404
    assert "Board" not in provider.get("Groups").text


def test_a_group_cannot_be_renamed_to_a_local_one(provider, guides):
    make_group("Board", actor=None)
    response = provider.patch(path(guides), {"op": "replace", "path": "displayName", "value": "Board"})
    assert response.status_code == 409


def test_what_was_given_here_stays(provider, guides, people):
    from app.accounts.groups import set_memberships

    group = Group.objects.get()
    set_memberships(people[2], [group], LOCAL, None)
    assert f"user-{people[2].pk}" not in provider.get(path(guides)).text
    provider.patch(path(guides), {"op": "remove", "path": "members"})
    assert who("Tour Guides") == ["charlie"]


def test_a_deleted_group_is_gone(provider, guides):
    assert provider.delete(path(guides)).status_code == 204
    assert not Group.objects.exists()
    assert provider.get(path(guides)).status_code == 404


@pytest.mark.parametrize("member", [
    {"value": "user-999999"}, {"value": "nobody"}, {"value": "group-1"}, {"value": "user-1", "type": "Group"}, {},
])  # fmt: skip
def test_members_who_are_nobody_are_refused(provider, guides, member):
    response = provider.patch(path(guides), {"op": "add", "path": "members", "value": [member]})
    assert (response.status_code, response.json()["scimType"]) == (400, "invalidValue")
    assert who("Tour Guides") == ["alice", "bob"]


def test_the_emergency_account_joins_no_group(provider, guides, maker, settings):
    settings.ATTEST_EMERGENCY_ACCOUNT = maker.email
    response = provider.patch(path(guides), {"op": "add", "path": "members", "value": members(maker)})
    assert response.status_code == 400


def test_groups_are_found_without_their_members_as_entra_asks(provider, guides):
    found = provider.get('Groups?excludedAttributes=members&filter=displayName%20eq%20"Tour%20Guides"').json()
    assert found["totalResults"] == 1
    assert "members" not in found["Resources"][0]
    assert provider.get('Groups?filter=externalId%20eq%20"g1"').json()["totalResults"] == 1
    assert provider.get('Groups?filter=displayName%20eq%20"Guides"').json()["totalResults"] == 0


def test_a_name_is_given_once(provider, guides):
    response = provider.post("Groups", {"schemas": [GROUP], "displayName": "tour guides"})
    assert (response.status_code, response.json()["scimType"]) == (409, "uniqueness")


def test_a_version_that_was_overtaken_is_refused(provider, guides, people):
    version = guides["meta"]["version"]
    operation = {"op": "add", "path": "members", "value": members(people[2])}
    assert provider.patch(path(guides), operation, if_match=version).status_code == 200
    assert provider.patch(path(guides), operation, if_match=version).status_code == 412


@pytest.mark.parametrize("name", ["Board\u200b", "Bo\u202eard", "Bo\u00ad\u0000ard", "   ", "x" * 151])
def test_a_name_that_looks_like_another_ones_is_refused(provider, guides, name):
    make_group("Board", actor=None)
    assert provider.post("Groups", {"schemas": [GROUP], "displayName": name}).status_code == 400
    response = provider.patch(path(guides), {"op": "replace", "path": "displayName", "value": name})
    assert response.status_code == 400
    assert sorted(Group.objects.values_list("name", flat=True)) == ["Board", "Tour Guides"]


def test_the_audit_log_tells_which_token_acted(provider, guides):
    from app.scim.models import ScimToken

    provider.delete(path(guides))
    acts = AuditEvent.objects.filter(action__in=[events.SCIM_GROUP_CREATED, events.SCIM_GROUP_REMOVED])
    assert {each.details["through"] for each in acts} == {ScimToken.objects.get().prefix}
