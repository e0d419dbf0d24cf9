"""The settings of sources: a form from what a connector asks for, a trial before saving, secrets that stay in."""

from pathlib import Path

import pytest
from pytest_django import Settings

from app.audit.models import AuditEvent
from app.corpus.models import Source
from app.corpus.secrets import open_secrets
from app.tests.world import World
from app.web.source_forms import ConnectionForm
from app.web.tests.conftest import Visitors
from ingestion.connectors import registry
from ingestion.connectors.base import Connection, ConnectorError, ConnectorKind, Setting, SettingKind
from ingestion.sources import create_source

HTMX = {"HX-Request": "true"}
SECRET = "correct horse battery"
READERS = {"name": "Wiki", "readers": "everyone", "refresh_number": "2", "refresh_unit": "hours",
           "removal_limit": "35"}  # fmt: skip


class Shelf:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def items(self) -> list[object]:
        return []

    def test(self) -> str:
        if self.connection.secrets["token"] != SECRET:
            raise ConnectorError("The server refused the token; enter another one.", permanent=True)
        return f"{len(self.connection.settings['spaces'])} spaces, 142 pages"


SHELF = ConnectorKind(
    kind="shelf", label="Shelf", description="A shelf of books.", build=Shelf,  # type: ignore[arg-type]
    settings=(
        Setting("url", "Address", "Where it stands.", SettingKind.URL),
        Setting("token", "Token", "From your profile.", SettingKind.SECRET),
        Setting("spaces", "Spaces", "One a line.", SettingKind.LINES),
        Setting("depth", "Depth", kind=SettingKind.NUMBER, default=3, minimum=1, maximum=9, required=False),
        Setting("order", "Order", kind=SettingKind.CHOICE, default="new", choices=(("new", "New"), ("old", "Old"))),
        Setting("drafts", "Drafts too", kind=SettingKind.FLAG, required=False, default=False),
        Setting("note", "Note", required=False),
    ),
)  # fmt: skip
FILLED = {"connection-url": "https://shelf.example.com", "connection-token": SECRET, "connection-spaces": "HR\n\n IT ",
          "connection-depth": "4", "connection-order": "old", "connection-drafts": "on"}  # fmt: skip


@pytest.fixture(autouse=True)
def shelf_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_registered", {})
    registry.register(SHELF)


@pytest.fixture
def shelf(world: World) -> Source:
    return create_source(
        actor=None, name="Wiki", kind="shelf", everyone=True, secrets={"token": SECRET},
        settings={"url": "https://shelf.example.com", "spaces": ["HR"]},
    )  # fmt: skip


def test_every_kind_on_offer_has_a_card_and_a_form(visitors: Visitors, settings: Settings) -> None:
    settings.ATTEST_FOLDER_ROOTS = ["/srv"]
    ada = visitors.ada
    cards = ada.get("/sources/new/").text
    for kind in (kind for kind in registry.kinds().values() if kind.offered):
        assert f'href="/sources/new/{kind.kind}/"' in cards
        page = ada.get(f"/sources/new/{kind.kind}/").text
        for setting in kind.settings:
            assert f'name="connection-{setting.name}"' in page


def test_a_folder_is_offered_only_where_an_operator_allows_one(visitors: Visitors, settings: Settings) -> None:
    settings.ATTEST_FOLDER_ROOTS = []
    assert "an operator allows some with ATTEST_FOLDER_ROOTS" in visitors.ada.get("/sources/new/").text
    assert visitors.ada.get("/sources/new/folder/").status_code == 404


def test_folders_outside_the_allowed_ones_are_refused(visitors: Visitors, settings: Settings, tmp_path: Path) -> None:
    settings.ATTEST_FOLDER_ROOTS = [str(tmp_path)]
    page = visitors.ada.post("/sources/new/folder/", {**READERS, "connection-path": "/etc"}).text
    assert "not below one of ATTEST_FOLDER_ROOTS" in page
    assert not Source.objects.filter(name="Wiki").exists()


def test_what_was_filled_in_is_what_the_connector_gets(visitors: Visitors, world: World) -> None:
    reply = visitors.ada.post("/sources/new/shelf/", {**READERS, **FILLED})
    source = Source.objects.get(name="Wiki")
    assert reply.headers["Location"] == f"/sources/{source.pk}/"
    assert source.settings == {"url": "https://shelf.example.com", "spaces": ["HR", "IT"], "depth": 4, "order": "old",
                               "drafts": True, "note": ""}  # fmt: skip
    assert open_secrets(source.secrets) == {"token": SECRET}
    assert source.refresh_interval is not None
    assert source.refresh_interval.total_seconds() == 7200
    assert source.removal_limit == 35


def test_a_trial_says_what_was_found_and_saves_nothing(visitors: Visitors, world: World) -> None:
    reply = visitors.ada.post("/sources/new/shelf/test/", FILLED, headers=HTMX)
    assert "2 spaces, 142 pages" in reply.text
    assert not Source.objects.filter(kind="shelf").exists()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"connection-token": "wrong"}, "The server refused the token"),
        ({"connection-spaces": " "}, "Spaces: This field is required."),
        ({"connection-depth": "12"}, "Depth: Ensure this value is less than or equal to 9."),
        ({"connection-order": "sideways"}, "Order: Select a valid choice."),
    ],
)
def test_a_trial_says_what_is_wrong(visitors: Visitors, world: World, changed: dict[str, str], sentence: str) -> None:
    reply = visitors.ada.post("/sources/new/shelf/test/", {**FILLED, **changed}, headers=HTMX)
    assert sentence in reply.text
    assert SECRET not in reply.text


def test_without_a_script_the_trial_gives_the_form_back_with_its_result(visitors: Visitors, world: World) -> None:
    page = visitors.ada.post("/sources/new/shelf/test/", {**READERS, **FILLED}).text
    assert "2 spaces, 142 pages" in page
    assert 'value="https://shelf.example.com"' in page
    assert 'value="Wiki"' in page


def test_a_secret_is_never_sent_back(visitors: Visitors, shelf: Source) -> None:
    address = f"/sources/{shelf.pk}/settings/"
    assert SECRET not in visitors.ada.get(address).text
    refused = visitors.ada.post(address, {**FILLED, **READERS, "connection-depth": "99"}).text
    assert "less than or equal to 9" in refused
    assert SECRET not in refused
    assert "Leave blank to keep it." in refused


def test_a_secret_left_blank_is_kept_and_a_new_one_replaces_it(visitors: Visitors, shelf: Source) -> None:
    address, kept = f"/sources/{shelf.pk}/settings/", {**FILLED, **READERS, "connection-token": ""}
    visitors.ada.post(address, kept)
    shelf.refresh_from_db()
    assert open_secrets(shelf.secrets) == {"token": SECRET}
    assert shelf.settings["spaces"] == ["HR", "IT"]
    visitors.ada.post(address, {**kept, "connection-token": "another"})
    shelf.refresh_from_db()
    assert open_secrets(shelf.secrets) == {"token": "another"}


def test_a_trial_of_stored_settings_uses_the_stored_secret(visitors: Visitors, shelf: Source) -> None:
    reply = visitors.ada.post(f"/sources/{shelf.pk}/settings/test/", {**FILLED, "connection-token": ""}, headers=HTMX)
    assert "142 pages" in reply.text


def test_lost_secrets_are_asked_for_again(visitors: Visitors, shelf: Source, settings: Settings) -> None:
    settings.ATTEST_SECRETS_KEYS = ["a new key"]
    page = visitors.ada.get(f"/sources/{shelf.pk}/settings/").text
    assert "can no longer be decrypted" in page
    assert ConnectionForm(kind=SHELF, source=shelf).fields["token"].required


def test_a_new_source_is_for_chosen_groups(visitors: Visitors, world: World) -> None:
    fields = {"name": "Contracts", "readers": "groups", "groups": [world.team.pk]}
    visitors.ada.post("/sources/new/upload/", fields)
    source = Source.objects.get(name="Contracts")
    assert (source.access_set.everyone, source.access_set.group_ids) == (False, [world.team.pk])


def test_a_source_for_no_group_is_refused(visitors: Visitors, world: World) -> None:
    page = visitors.ada.post("/sources/new/upload/", {"name": "Nobody's", "readers": "groups"}).text
    assert "Choose at least one group" in page


def test_a_taken_name_is_refused(visitors: Visitors, world: World) -> None:
    page = visitors.ada.post("/sources/new/upload/", {"name": "Handbook", "readers": "everyone"}).text
    assert "There is a source called Handbook already" in page


def test_settings_change_who_may_read_and_what_is_promised(visitors: Visitors, shelf: Source, world: World) -> None:
    fields = {**FILLED, **READERS, "readers": "groups", "groups": [world.team.pk], "freshness_number": "30",
              "freshness_unit": "days"}  # fmt: skip
    visitors.ada.post(f"/sources/{shelf.pk}/settings/", fields)
    source = Source.objects.get(pk=shelf.pk)
    assert source.access_set.group_ids == [world.team.pk]
    assert source.freshness_target is not None
    event = AuditEvent.objects.get(action="source_changed", target=f"source:{shelf.pk}")
    assert event.before
    assert event.after
    assert (event.before["settings"]["spaces"], event.after["settings"]["spaces"]) == (["HR"], ["HR", "IT"])
    assert (event.before["everyone"], event.after["groups"]) == (True, [world.team.pk])
    assert event.after["freshness_target"] == "30 days, 0:00:00"
    assert SECRET not in str([event.before, event.after, event.details])
    assert source.freshness_target.days == 30
    page = visitors.ada.get(f"/sources/{shelf.pk}/settings/").text
    assert 'name="freshness_number" value="30"' in page


def test_uploads_are_promised_nothing_that_needs_looking(visitors: Visitors, world: World) -> None:
    page = visitors.ada.get("/sources/new/upload/").text
    assert "Look for changes every" not in page
    assert "Test connection" not in page
