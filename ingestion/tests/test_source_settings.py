"""What an admin enters for a source: checked before it is kept, and secrets that only go in."""

import json

import pytest

from app.accounts.models import User
from app.audit.models import AuditEvent
from app.corpus.models import Source
from app.corpus.secrets import open_secrets
from ingestion import sources as acts
from ingestion.breaker import block
from ingestion.tests.folders import folder_source
from ingestion.tests.shelf import Shelf, down, shelf_source

pytestmark = pytest.mark.django_db
TOKEN = "correct horse battery"


@pytest.fixture
def ada():
    return User.objects.create_user("ada@example.com", roles=["admin"])


def changed(source: Source, **more) -> Source:
    acts.change_source(source, actor=None, **more)
    return Source.objects.get(pk=source.pk)


def test_settings_are_completed_with_defaults_and_kept_in_their_own_types():
    source = shelf_source(Shelf(), settings={"depth": "5"})
    assert source.settings == {"address": "https://shelf.example.com", "depth": 5}


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"depth": "many"}, "Depth must be a whole number"),
        ({"depth": 0}, "Depth must be 1 or more"),
        ({"depth": 10}, "Depth must be 9 or less"),
        ({"address": ""}, "Enter Address"),
        ({"address": "not an address"}, "Address must be an address"),
        ({"adress": "https://a.example"}, "no setting called 'adress'"),
        ({"token": TOKEN}, "no setting called 'token'"),
    ],
)
def test_wrong_settings_are_refused_in_a_sentence(settings, sentence):
    with pytest.raises(acts.SourceError, match=sentence) as caught:
        shelf_source(Shelf(), settings=settings)
    assert TOKEN not in str(caught.value)
    assert not Source.objects.exists()


def test_an_unknown_kind_and_an_unknown_secret_are_refused():
    with pytest.raises(acts.SourceError, match="no kind of source"):
        acts.create_source(actor=None, name="X", kind="carrier pigeon", everyone=True)
    with pytest.raises(acts.SourceError, match="no secret called 'password'"):
        shelf_source(Shelf(), secrets={"password": "x"})


def test_a_secret_is_sealed_and_told_to_nobody(ada, caplog):
    source = shelf_source(Shelf(), secrets={"token": TOKEN})
    acts.change_source(source, actor=ada, secrets={"token": TOKEN + "2"}, settings={"depth": 4})
    row = Source.objects.values().get()
    assert TOKEN not in json.dumps(row, default=str)
    assert TOKEN not in str(list(AuditEvent.objects.values())) + caplog.text
    assert open_secrets(Source.objects.get().secrets) == {"token": TOKEN + "2"}
    assert AuditEvent.objects.latest("pk").details["changed"] == ["depth", "token"]


def test_a_secret_left_blank_stays_and_one_taken_away_goes():
    source = shelf_source(Shelf(), secrets={"token": TOKEN})
    source = changed(source, settings={"depth": 4}, secrets={"token": ""})
    assert open_secrets(source.secrets) == {"token": TOKEN}
    source = changed(source, secrets={"token": None})
    assert open_secrets(source.secrets) == {}


def test_a_stored_secret_is_never_sent_to_another_address():
    source = shelf_source(Shelf(), secrets={"token": TOKEN})
    elsewhere = {"address": "https://thief.example.com"}
    with pytest.raises(acts.SourceError, match="enter again: Token"):
        changed(source, settings=elsewhere)
    with pytest.raises(acts.SourceError, match="enter again: Token"):
        acts.test_connection("shelf", elsewhere, {}, source=source)
    assert changed(source, settings=elsewhere, secrets={"token": "new"}).settings["address"] == elsewhere["address"]


@pytest.mark.parametrize(
    ("kind", "settings", "secret", "other"),
    [
        ("files", {"url": "az://box", "user": "ours"}, "secret", {"user": "thief"}),
        ("files", {"url": "s3://box", "user": "ada"}, "secret", {"endpoint_url": "https://thief.example.com"}),
        ("files", {"url": "sftp://files/x", "user": "ada", "host_key": "SHA256:a"}, "secret", {"host_key": "SHA256:b"}),
        ("mailbox", {"host": "imap.example.com", "user": "ada"}, "password", {"security": "none"}),
        ("mailbox", {"host": "imap.example.com", "user": "ada"}, "password", {"port": "1143"}),
        ("git", {"url": "https://git.example.com/x"}, "token", {"url": "http://git.example.com/x"}),
        ("database", {"url": "mysql://db/x", "user": "ada", "query": "SELECT 1", "encryption": "verify"}, "password",
         {"encryption": "prefer"}),
    ],
)  # fmt: skip
def test_a_stored_secret_goes_to_no_other_account_server_key_or_encryption(kind, settings, secret, other):
    source = acts.create_source(
        actor=None, name="S", kind=kind, everyone=True, settings=settings, secrets={secret: TOKEN}
    )
    for act in (
        lambda: acts.test_connection(kind, settings | other, {}, source=source),
        lambda: changed(source, settings=settings | other),
    ):
        with pytest.raises(acts.SourceError, match="enter again"):
            act()
    assert open_secrets(changed(source, settings=settings).secrets) == {secret: TOKEN}


def test_a_secret_whose_key_is_gone_must_be_entered_again(settings):
    source = shelf_source(Shelf(), secrets={"token": TOKEN})
    settings.ATTEST_SECRETS_KEYS = ["another key"]
    assert open_secrets(changed(source, settings={"depth": 2}).secrets) == {}


def test_new_settings_end_a_pause_after_failures_and_begin_with_a_complete_listing():
    source = shelf_source(Shelf())
    block(source.pk, down(permanent=True))
    Source.objects.update(cursor="17")
    source = changed(Source.objects.get(), settings={"depth": 7})
    assert (source.blocked_until, source.failed_runs, source.cursor) == (None, 0, "")


def test_a_test_of_the_connection_says_what_it_found_and_keeps_nothing():
    shelf = Shelf()
    shelf.put("a.md", "text")
    source = shelf_source(shelf)
    assert acts.test_connection("shelf", {}, {}) == "1 documents"
    shelf.listing_fails = down()
    with pytest.raises(acts.SourceError, match="does not answer"):
        acts.test_connection("shelf", {}, {}, source=source)
    shelf.listing_fails = RuntimeError(TOKEN)
    with pytest.raises(acts.SourceError, match="RuntimeError") as caught:
        acts.test_connection("shelf", {}, {"token": TOKEN})
    assert TOKEN not in str(caught.value)


def test_a_folder_that_no_operator_allowed_is_not_opened_from_the_browser(ada, tmp_path, settings):
    path = {"path": str(tmp_path)}
    for act in (
        lambda: acts.test_connection("folder", path, {}),
        lambda: acts.create_source(actor=ada, name="F", kind="folder", everyone=True, settings=path),
        lambda: acts.change_source(folder_source(tmp_path / "x"), actor=ada, settings=path),
    ):
        with pytest.raises(acts.SourceError, match="ATTEST_FOLDER_ROOTS"):
            act()
    settings.ATTEST_FOLDER_ROOTS = [str(tmp_path)]
    assert acts.test_connection("folder", path, {}) == "0 files"


def test_a_share_that_is_no_share_is_refused():
    with pytest.raises(acts.SourceError, match="between 0 and 100"):
        shelf_source(Shelf(), removal_limit=101)
