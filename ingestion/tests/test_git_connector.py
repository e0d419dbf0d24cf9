"""The Git connector against real Git servers over HTTP: dulwich's, and git's own where it is installed."""

import os
import shutil
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dulwich.objects import Tree

from app.corpus.models import Document
from ingestion.connectors.base import Connection, ConnectorError, CursorLost, ItemVanished
from ingestion.connectors.git import KIND, GitConnector
from ingestion.connectors.registry import connection_of
from ingestion.connectors.repositories import tree as git_tree
from ingestion.connectors.repositories.paths import Chosen
from ingestion.errors import FailureReason, IngestionError
from ingestion.memory import Forgetful
from ingestion.purge import purge_document
from ingestion.removal import delete_source
from ingestion.sources import create_source
from ingestion.tests.connectors import ConnectorContract, CredentialsContract, IncrementalContract, UnreliableContract
from ingestion.tests.folders import document, found, synced
from ingestion.tests.git_server import (
    HAS_GIT,
    LINK,
    SUBMODULE,
    TOKEN,
    USER,
    Repository,
    dulwich_app,
    git_app,
    served,
)

LIMIT = 100_000


def connector_at(url, folder, **changed) -> GitConnector:
    settings = {
        "url": url, "login": (USER, TOKEN), "branch": "", "include": (), "exclude": (), "page": "", "history": 50,
        "allowed_hosts": ("127.0.0.1",), "max_bytes": LIMIT, "folder": folder, "ask_again_after_s": 0,
    }  # fmt: skip
    return GitConnector(**(settings | changed))


class GitContract(ConnectorContract, CredentialsContract, IncrementalContract, UnreliableContract):
    two_found = r"2 files on branch \w+, whose last commit is of \d{4}-\d\d-\d\d"

    @pytest.fixture(autouse=True)
    def _repository(self, tmp_path):
        self.repository = Repository(tmp_path / "repo.git")
        self.folder = tmp_path / "kept"
        with served(self.app(tmp_path / "repo.git")) as (self.gate, self.url):
            yield

    @pytest.fixture
    def connector(self):
        return connector_at(self.url, self.folder)

    def put(self, name, data):
        self.repository.put(name, data)
        return name

    def take_away(self, name):
        self.repository.take_away(name)

    def rename(self, name, new_name):
        self.repository.rename(name, new_name)
        return new_name

    def with_wrong_credentials(self):
        return connector_at(self.url, self.folder, login=(USER, self.secret()))

    def secret(self):
        return "glpat-wrong-token"

    def fail_after(self, requests):
        self.gate.left = requests

    def recover(self):
        self.gate.left = float("inf")


class TestDulwichServer(GitContract):
    def app(self, folder):
        return dulwich_app(folder)


@pytest.mark.skipif(not HAS_GIT, reason="git is not installed")
class TestGitServer(GitContract):
    def app(self, folder):
        return git_app(folder)


LETTER = b"".join(b"Line %d of a letter that says something.\n" % number for number in range(40))


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path / "repo.git")


@pytest.fixture
def server(repository):
    with served(dulwich_app(Path(repository.repo.path))) as (gate, url):
        gate.url = url
        yield gate


@pytest.fixture
def connector(server, tmp_path):
    return connector_at(server.url, tmp_path / "kept")


def names(connector):
    return [item.external_id for item in connector.items()]


def test_a_file_renamed_and_edited_in_one_commit_is_told_as_moved(repository, connector):
    repository.stage("kept.md", b"kept")
    repository.put("drafts/letter.md", LETTER)
    cursor = connector.cursor()
    repository.rename("drafts/letter.md", "letters/final.md", LETTER + b"And a last line.\n")
    changes = connector.changes(cursor)
    assert [(item.external_id, item.moved_from) for item in changes.items] == [("letters/final.md", "drafts/letter.md")]
    assert changes.removed == ()
    assert connector.fetch("letters/final.md").data.endswith(b"And a last line.\n")


def test_removed_files_are_told_and_so_are_those_that_move_out_of_what_is_wanted(repository, server, tmp_path):
    for name in ("docs/a.md", "docs/b.md", "docs/c.md"):
        repository.stage(name, LETTER + name.encode())
    repository.put("other/d.md", LETTER * 2)
    connector = connector_at(server.url, tmp_path / "kept", include=("docs/",))
    assert sorted(names(connector)) == ["docs/a.md", "docs/b.md", "docs/c.md"]
    cursor = connector.cursor()
    repository.take_away("docs/a.md")
    repository.rename("docs/b.md", "other/b.md")
    repository.rename("other/d.md", "docs/d.md")
    changes = connector.changes(cursor)
    assert sorted(changes.removed) == ["docs/a.md", "docs/b.md"]
    assert [(item.external_id, item.moved_from) for item in changes.items] == [("docs/d.md", "")]


def test_a_forced_push_of_another_history_is_told_by_what_it_changed(repository, connector):
    repository.stage("same.md", b"same")
    repository.put("old.md", LETTER)
    list(connector.items())
    cursor = connector.cursor()
    repository.forget_history()
    repository.stage("new.md", b"quite different")
    repository.take_away("old.md")
    changes = connector.changes(cursor)
    assert [item.external_id for item in changes.items] == ["new.md"]
    assert changes.removed == ("old.md",)
    assert sorted(names(connector)) == ["new.md", "same.md"]


def test_a_cursor_that_cannot_be_compared_is_lost(repository, server, tmp_path):
    repository.put("a.md", b"one")
    connector = connector_at(server.url, tmp_path / "kept", history=1)
    cursor = connector.cursor()
    for strange in ("", "x y", cursor[:40], "0" * 40 + cursor[40:]):
        with pytest.raises(CursorLost):
            connector.changes(strange)
    with pytest.raises(CursorLost):
        connector_at(server.url, tmp_path / "kept", include=("*.txt",)).changes(cursor)
    shutil.rmtree(tmp_path / "kept")
    repository.put("b.md", b"two")
    with pytest.raises(CursorLost):
        connector.changes(cursor)


def test_an_empty_repository_has_a_cursor_and_fills_up(repository, connector):
    cursor = connector.cursor()
    assert connector.changes(cursor).items == ()
    assert connector.test() == "The repository can be read and is empty"
    repository.put("a.md", b"one")
    assert [item.external_id for item in connector.changes(cursor).items] == ["a.md"]


def test_a_branch_that_is_not_there_is_an_error_that_names_those_that_are(repository, server, tmp_path):
    repository.put("a.md", b"one")
    with pytest.raises(ConnectorError, match="no branch trunk; enter one of those there are: main") as caught:
        names(connector_at(server.url, tmp_path / "kept", branch="trunk"))
    assert caught.value.permanent
    assert names(connector_at(server.url, tmp_path / "kept", branch="main")) == ["a.md"]


def test_links_submodules_and_hidden_files_are_passed_over(repository, connector):
    repository.stage("a.md", b"one")
    repository.stage("link.md", b"../../etc/passwd", LINK)
    repository.stage(".github/notes.md", b"hidden")
    repository.entries[b"other"] = (SUBMODULE, b"1" * 40)
    repository.commit()
    assert names(connector) == ["a.md"]
    for name in ("link.md", "other", ".github/notes.md"):
        with pytest.raises(ItemVanished):
            connector.fetch(name)
    assert connector.test() == (
        "1 of 2 files on branch main, whose last commit is of 2023-11-14; 2 links and submodules passed over"
    )


def test_a_pointer_to_large_file_storage_says_where_the_content_is(repository, connector):
    repository.put("film.md", b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")
    with pytest.raises(IngestionError, match="Git LFS") as caught:
        connector.fetch("film.md")
    assert (caught.value.reason, caught.value.permanent) == (FailureReason.UNSUPPORTED, True)


@pytest.mark.parametrize(
    "app", [dulwich_app, pytest.param(git_app, marks=pytest.mark.skipif(not HAS_GIT, reason="git is not installed"))]
)
def test_a_file_above_the_limit_is_its_own_failure_and_stays_at_a_server_that_can_keep_it(repository, tmp_path, app):
    repository.stage("fits.md", b"x" * LIMIT)
    repository.put("big.md", os.urandom(LIMIT + 1))
    with served(app(tmp_path / "repo.git")) as (_, url):
        connector = connector_at(url, tmp_path / "kept")
        assert sorted(names(connector)) == ["big.md", "fits.md"]
        assert len(connector.fetch("fits.md").data) == LIMIT
        with pytest.raises(IngestionError, match="ATTEST_MAX_FILE_MB") as caught:
            connector.fetch("big.md")
        assert caught.value.reason == FailureReason.TOO_LARGE
        cursor = connector.cursor()
        repository.rename("big.md", "bigger.md", os.urandom(LIMIT + 2))
        assert [item.external_id for item in connector.changes(cursor).items] == ["bigger.md"]
        held = sum(path.stat().st_size for path in (tmp_path / "kept").rglob("*") if path.is_file())
    assert held < LIMIT or app is dulwich_app


def test_a_name_that_is_not_utf8_is_shown_escaped_and_its_file_read(repository, connector):
    repository.put(b"M\xfcnchen/Gr\xfc\xdfe.md", b"hello")
    assert names(connector) == ["M\\xfcnchen/Gr\\xfc\\xdfe.md"]
    assert connector.fetch("M\\xfcnchen/Gr\\xfc\\xdfe.md").data == b"hello"


def test_each_file_has_the_date_of_its_own_last_commit_as_far_as_the_history_was_fetched(repository, server, tmp_path):
    for name in ("old.md", "middle.md", "new.md"):
        repository.put(name, name.encode())
    second = datetime.fromtimestamp(repository.time - 3600, UTC)
    deep = connector_at(server.url, tmp_path / "deep", history=50)
    assert [item.modified_at for item in deep.items() if item.external_id == "middle.md"] == [second]
    shallow = connector_at(server.url, tmp_path / "shallow", history=2)
    dates = {item.external_id: item.modified_at for item in shallow.items()}
    assert dates["new.md"] is not None
    assert dates["old.md"] is dates["middle.md"] is None


def test_patterns_read_as_in_gitignore():
    paths = [b"README.md", b"docs/a.md", b"docs/deep/b.pdf", b"src/docs/c.md", b"src/main.py", b".env"]

    def wanted(*include, exclude=()):
        chosen = Chosen(include, exclude)
        return [path.decode() for path in paths if path in chosen]

    assert wanted() == ["README.md", "docs/a.md", "docs/deep/b.pdf", "src/docs/c.md", "src/main.py"]
    assert wanted("*.md") == ["README.md", "docs/a.md", "src/docs/c.md"]
    assert wanted("docs/") == ["docs/a.md", "docs/deep/b.pdf", "src/docs/c.md"]
    assert wanted("/docs") == ["docs/a.md", "docs/deep/b.pdf"]
    assert wanted("docs/**/*.pdf", "", "README.*") == ["README.md", "docs/deep/b.pdf"]
    assert wanted("*.md", exclude=("docs", "/README.md")) == []
    assert wanted("R*A*E.*", "d**s/[a-c]*") == ["README.md", "docs/a.md"]
    assert b"a" * 1000 not in Chosen(["*a" * 30 + "*b"], ())
    assert wanted("*.[mM]d", exclude=("src/*",)) == ["README.md", "docs/a.md"]


@pytest.mark.parametrize(
    ("url", "page", "expected"),
    [
        ("https://github.com/team/docs.git", "", "https://github.com/team/docs/blob/main/a%20b/%C3%BC.md"),
        ("https://gitlab.example.com/t/docs.git/", "", "https://gitlab.example.com/t/docs/-/blob/main/a%20b/%C3%BC.md"),
        ("https://codeberg.org/t/docs", "", "https://codeberg.org/t/docs/src/branch/main/a%20b/%C3%BC.md"),
        ("https://git.example.com/docs.git", "", "https://git.example.com/docs.git"),
        (
            "https://git.example.com/d.git",
            "https://w.example.com/{path}?at={branch}",
            "https://w.example.com/a%20b/%C3%BC.md?at=main",
        ),
    ],
)
def test_a_citation_leads_to_the_file_at_its_forge(repository, connector, url, page, expected):
    head = type("Head", (), {"branch": "main"})
    assert connector_at(url, None, page=page)._page_of(head, "a b/ü.md".encode()) == expected


GOOD = {"url": "https://git.example.com/docs.git", "branch": "", "include": [], "exclude": [], "page": ""}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"url": "ssh://git@example.com/docs.git"}, "https://"),
        ({"url": "git@example.com:docs.git"}, "https://"),
        ({"url": "file:///etc"}, "https://"),
        ({"url": "ext::sh -c touch% /tmp/pwned"}, "https://"),
        ({"url": "/srv/git/docs.git"}, "https://"),
        ({"url": "https://"}, "https://"),
        ({"url": "https://ada:secret@example.com/docs.git"}, "own fields"),
        ({"url": "https://example.com/docs.git?token=secret"}, "git clone"),
        ({"branch": "--upload-pack=x y"}, "cannot be the name of a branch"),
        ({"branch": "a..b"}, "cannot be the name of a branch"),
        ({"include": ["docs/[a"]}, "brackets"),
        ({"page": "https://w.example.com/"}, "{path}"),
        ({"page": "javascript:alert(1)//{path}"}, "https://"),
    ],
)
def test_settings_that_cannot_be_right_are_refused_in_a_sentence(changed, sentence):
    KIND.check(GOOD)
    with pytest.raises(ValueError, match=sentence) as caught:
        KIND.check(GOOD | changed)
    assert "secret" not in str(caught.value)


def test_an_address_inside_the_network_is_refused_unless_an_admin_allowed_it(server, tmp_path):
    for act in ("test", "cursor"):
        with pytest.raises(ConnectorError, match="allowed internal hosts"):
            getattr(connector_at(server.url, tmp_path / "kept", allowed_hosts=()), act)()
    assert server.asked == 0


def test_a_redirect_inside_is_refused_and_no_token_goes_to_another_host(repository, server, connector):
    repository.put("a.md", b"one")
    with served(dulwich_app(Path(repository.repo.path))) as (other, url):
        where = url + "/info/refs?service=git-upload-pack"
        server.answer = ("302 Found", [("Location", where.replace("127.0.0.1", "localhost"))], b"")
        with pytest.raises(ConnectorError, match="allowed internal hosts"):
            names(connector)
        assert other.asked == 0
        server.answer = ("302 Found", [("Location", where)], b"")
        with pytest.raises(ConnectorError, match="token"):
            names(connector)
        assert set(other.users) == {""}


@pytest.mark.parametrize(
    ("answer", "sentence", "permanent", "retry_after_s"),
    [
        (("200 OK", [("Content-Type", "text/html")]), "address that git clone takes", True, None),
        (("404 Not Found", []), "no repository at this address", True, None),
        (("403 Forbidden", []), "refused the user name and token", True, None),
        (("429 Too Many Requests", [("Retry-After", "120")]), "tried again later", False, 120),
        (("502 Bad Gateway", []), "tried again later", False, None),
        (("418 I am a teapot", []), "check the address", True, None),
        (("200 OK", [("Content-Type", "application/x-git-upload-pack-advertisement")]), "Git server", False, None),
    ],
)
def test_what_a_server_answers_is_said_in_words(server, connector, answer, sentence, permanent, retry_after_s):  # noqa: PLR0917
    server.answer = (*answer, b"<html>log in</html>")
    with pytest.raises(ConnectorError, match=sentence) as caught:
        connector.test()
    assert (caught.value.permanent, caught.value.retry_after_s) == (permanent, retry_after_s)
    assert TOKEN not in caught.value.message


def test_a_server_that_is_not_there_is_tried_again(tmp_path, free_port):
    with pytest.raises(ConnectorError, match="cannot be reached") as caught:
        names(connector_at(f"http://127.0.0.1:{free_port}/repo.git", tmp_path / "kept"))
    assert not caught.value.permanent


def test_what_is_here_is_not_fetched_again(repository, server, connector):
    repository.put("a.md", b"one")
    names(connector)
    before = server.asked
    names(connector)
    unchanged = server.asked - before
    repository.put("b.md", b"two")
    before = server.asked
    names(connector)
    assert unchanged < server.asked - before <= 4
    patient = connector_at(server.url, connector.folder, ask_again_after_s=30)
    before = server.asked
    assert patient.fetch("a.md").data == patient.fetch("a.md").data == b"one"
    assert server.asked == before


def test_a_damaged_or_unfinished_clone_is_filled_anew(repository, connector):
    repository.put("a.md", b"one")
    names(connector)
    packs = connector.folder / "clone" / "objects" / "pack"
    (packs.parent / "tmp_pack_left").write_bytes(b"half a pack")
    for pack in packs.glob("pack-*"):
        pack.unlink()
    repository.put("b.md", b"two")
    assert sorted(names(connector)) == ["a.md", "b.md"]
    assert not (packs.parent / "tmp_pack_left").exists()
    shutil.rmtree(connector.folder / "clone" / "refs")
    (connector.folder / "clone" / "HEAD").unlink()
    assert sorted(names(connector)) == ["a.md", "b.md"]
    assert connector.fetch("b.md").data == b"two"


def test_many_small_packs_become_one_fresh_clone(repository, connector, monkeypatch):
    monkeypatch.setattr("ingestion.connectors.repositories.clone.MOST_PACKS", 2)
    for number in range(5):
        repository.put(f"{number}.md", b"%d" % number)
        assert len(names(connector)) == number + 1
    assert len(list((connector.folder / "clone" / "objects" / "pack").glob("*.pack"))) <= 3


def test_a_few_trees_that_name_a_million_files_end_with_a_sentence(repository, connector, monkeypatch):
    monkeypatch.setattr(git_tree, "MOST_ENTRIES", 1000)
    repository.put("a.md", b"one")
    store = repository.repo.object_store
    mode, below = repository.entries[b"a.md"]
    for _ in range(7):
        tree = Tree()
        for number in range(10):
            tree.add(b"%d" % number, mode, below)
        store.add_object(tree)
        mode, below = 0o040000, tree.id
    commit = store[repository.parents[0]].copy()
    commit.tree = below
    store.add_object(commit)
    repository.repo.refs[repository.ref] = commit.id
    with pytest.raises(ConnectorError, match="more than 1000 files"):
        names(connector)


def test_a_repository_larger_than_is_taken_in_is_refused_and_its_test_still_speaks(repository, server, tmp_path):
    repository.put("a.md", os.urandom(LIMIT - 1))
    small = connector_at(server.url, tmp_path / "kept", takes_bytes=10_000)
    with pytest.raises(ConnectorError, match="larger than is taken in"):
        names(small)


def test_a_test_that_would_have_to_fetch_too_much_says_so(repository, connector, monkeypatch):
    monkeypatch.setattr("ingestion.connectors.git.TEST_LIMIT_BYTES", 10_000)
    repository.put("a.md", os.urandom(LIMIT - 1))
    assert connector.test() == "Branch main can be read; it is too large for its files to be counted in a test"
    assert not connector.folder.exists()


def test_several_workers_share_one_clone(repository, connector, server):
    put = {f"{number}.md": b"%d" % number for number in range(8)}
    for name, data in put.items():
        repository.stage(name, data)
    repository.commit()
    fetched: dict[str, bytes] = {}

    def work(name):
        fetched[name] = connector_at(server.url, connector.folder, ask_again_after_s=30).fetch(name).data

    threads = [threading.Thread(target=work, args=(name,)) for name in put]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fetched == put


def test_no_token_is_shown_or_written_to_the_clone(repository, connector):
    repository.put("a.md", b"one")
    names(connector)
    assert TOKEN not in repr(connector)
    written = b"".join(path.read_bytes() for path in connector.folder.rglob("*") if path.is_file())
    assert TOKEN.encode() not in written


def test_a_trial_needs_no_folder_and_leaves_none(repository, server):
    repository.put("a.md", b"one")
    settings = {"url": server.url, "user": USER, "branch": "main", "allowed_internal_hosts": ["127.0.0.1"]}
    trial = KIND.build(Connection(0, settings, {"token": TOKEN}, Forgetful(), LIMIT))
    assert trial.test().startswith("1 file on branch main")
    assert names(trial) == ["a.md"]


@pytest.mark.django_db
def test_a_source_keeps_its_clone_in_a_folder_of_its_own(settings):
    settings_of_source = {"url": "https://git.example.com/docs.git", "history": None}
    source = create_source(actor=None, name="Handbook", kind="git", settings=settings_of_source, everyone=True)
    connector = KIND.build(connection_of(source))
    assert connector.folder == Path(settings.ATTEST_DATA_DIR) / "sources" / str(source.pk)
    assert (connector.login, connector.history) == (None, 500)


@pytest.mark.django_db
def test_a_clone_goes_with_its_source_and_with_a_purge(repository, server, django_capture_on_commit_callbacks):
    at = {"url": server.url, "user": USER, "allowed_internal_hosts": ["127.0.0.1"]}
    secrets = {"token": TOKEN}
    source = create_source(actor=None, name="Docs", kind="git", settings=at, secrets=secrets, everyone=True)
    kept = Document.objects.create(source=source, external_id="a.md", access_set_id=source.access_set_id)
    repository.put("a.md", b"words to be forgotten")
    connector = KIND.build(connection_of(source))
    for act in (lambda: purge_document(kept, actor=None), lambda: delete_source(source)):
        assert names(connector) == ["a.md"]
        assert connector.folder.exists()
        with django_capture_on_commit_callbacks(execute=True):
            act()
        assert not connector.folder.exists()


@pytest.mark.django_db
def test_an_edited_rename_keeps_its_document_through_two_runs(repository, server):
    at = {"url": server.url, "user": USER, "allowed_internal_hosts": ["127.0.0.1"]}
    secrets = {"token": TOKEN}
    source = create_source(actor=None, name="Docs", kind="git", settings=at, secrets=secrets, everyone=True)
    repository.put("drafts/travel.md", LETTER)
    assert synced(source).added == 1
    before = document("drafts/travel.md")
    repository.rename("drafts/travel.md", "policies/travel.md", LETTER + b"Trains are preferred to aeroplanes.\n")
    source.refresh_from_db()
    run = synced(source)
    assert (run.moved, run.added, run.removed, run.is_partial) == (1, 0, 0, True)
    assert document("policies/travel.md").pk == before.pk
    assert set(found("Are trains preferred to aeroplanes?")) == {"policies/travel.md"}
