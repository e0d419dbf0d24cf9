"""Each connector against the contract, and what is special about it."""

import os
from pathlib import Path

import pytest

from app.corpus.models import Source
from ingestion.connectors.base import ConnectorError, ItemVanished
from ingestion.connectors.folder import FolderConnector
from ingestion.connectors.registry import connector_for
from ingestion.connectors.upload import UploadConnector
from ingestion.errors import FailureReason, IngestionError
from ingestion.originals import content_hash
from ingestion.sources import create_source, remove_document, upload_document
from ingestion.tests.connectors import ConnectorContract
from ingestion.tests.folders import document, folder_source

LIMIT = 1000


class TestFolderConnector(ConnectorContract):
    two_found = r"2 files"

    @pytest.fixture
    def connector(self, tmp_path):
        self.root = tmp_path / "root"
        self.root.mkdir()
        return FolderConnector(str(self.root), max_bytes=LIMIT)

    def put(self, name, data):
        path = self.root / name
        is_there = path.exists()
        path.write_bytes(data)
        if is_there:
            # A later second, as in life; two writes of one test may share a clock tick.
            os.utime(path, ns=(0, path.stat().st_mtime_ns + 10**9))
        return name

    def take_away(self, name):
        (self.root / name).unlink()

    def rename(self, name, new_name):
        (self.root / name).rename(self.root / new_name)
        return new_name


@pytest.mark.django_db
class TestUploadConnector(ConnectorContract):
    two_found = r"2 files; people upload them, so there is nothing to connect to"

    @pytest.fixture
    def connector(self, db):
        self.source = create_source(actor=None, name="Uploads", kind="upload", everyone=True)
        return UploadConnector(self.source.pk)

    def put(self, name, data):
        upload_document(self.source, actor=None, name=name, data=data)
        return name

    def take_away(self, name):
        remove_document(document(name), actor=None)

    def rename(self, name, new_name):
        """Whoever renames a file takes the old one away and uploads it again."""
        data = UploadConnector(self.source.pk).fetch(name).data
        self.take_away(name)
        return self.put(new_name, data)

    def test_an_original_that_is_lost_is_said_to_be(self, connector):
        self.put("a.md", b"nobody else wrote this")
        upload = document("a.md")
        upload.fingerprint = content_hash(b"something that was never stored")
        upload.save()
        with pytest.raises(ConnectorError, match="upload the file again") as caught:
            connector.fetch("a.md")
        assert caught.value.permanent

    def test_another_sources_uploads_are_not_this_ones(self, connector):
        other = create_source(actor=None, name="Others", kind="upload", everyone=True)
        upload_document(other, actor=None, name="theirs.md", data=b"x")
        assert list(connector.items()) == []
        with pytest.raises(ItemVanished):
            connector.fetch("theirs.md")


def folder(path: Path) -> FolderConnector:
    return FolderConnector(str(path), max_bytes=LIMIT)


def names(path: Path) -> list[str]:
    return [item.external_id for item in folder(path).items()]


def test_a_folder_that_is_not_there_or_is_a_file_is_an_error_and_not_empty(tmp_path):
    (tmp_path / "file").write_text("x")
    for wrong in ("nothing", "file"):
        with pytest.raises(ConnectorError, match="does not exist or is not a folder") as caught:
            list(folder(tmp_path / wrong).items())
        assert not caught.value.permanent


def test_folders_below_are_listed_by_their_path(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c.md").write_text("x")
    assert names(tmp_path) == ["a/b/c.md"]
    assert folder(tmp_path).fetch("a/b/c.md").name == "c.md"


def test_a_link_out_of_the_folder_is_neither_listed_nor_fetched(tmp_path):
    (tmp_path / "secret.md").write_text("secret")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "more.md").write_text("secret")
    root = tmp_path / "root"
    root.mkdir()
    (root / "link.md").symlink_to(tmp_path / "secret.md")
    (root / "folder").symlink_to(tmp_path / "secrets")
    (root / "broken.md").symlink_to(tmp_path / "nothing")
    (root / "round").symlink_to(root)
    assert names(root) == []
    for external_id in ("link.md", "folder/more.md", "../secret.md", str(tmp_path / "secret.md")):
        with pytest.raises(ItemVanished):
            folder(root).fetch(external_id)


def test_a_file_swapped_for_a_link_after_the_listing_is_not_followed(tmp_path):
    (tmp_path / "secret.md").write_text("secret")
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.md").write_text("x")
    listed = next(folder(root).items())
    (root / "a.md").unlink()
    (root / "a.md").symlink_to(tmp_path / "secret.md")
    with pytest.raises(ItemVanished):
        folder(root).fetch(listed.external_id)


def test_a_pipe_is_not_a_document_and_nobody_waits_for_one(tmp_path):
    os.mkfifo(tmp_path / "pipe.md")
    assert names(tmp_path) == []
    with pytest.raises(ItemVanished):
        folder(tmp_path).fetch("pipe.md")


def test_a_file_that_grew_over_the_limit_is_refused_by_its_size(tmp_path):
    (tmp_path / "big.md").write_bytes(b"x" * (LIMIT + 1))
    assert names(tmp_path) == ["big.md"]
    with pytest.raises(IngestionError, match="ATTEST_MAX_FILE_MB") as caught:
        folder(tmp_path).fetch("big.md")
    assert (caught.value.reason, caught.value.permanent) == (FailureReason.TOO_LARGE, True)
    (tmp_path / "fits.md").write_bytes(b"x" * LIMIT)
    assert len(folder(tmp_path).fetch("fits.md").data) == LIMIT


def test_a_file_that_may_not_be_read_is_its_own_failure(tmp_path, monkeypatch):
    (tmp_path / "closed.md").write_text("x")

    # Whoever runs the tests as root may read everything, so the system's refusal is played.
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(IngestionError, match="Permission denied") as caught:
        folder(tmp_path).fetch("closed.md")
    assert (caught.value.reason, caught.value.permanent) == (FailureReason.UNREADABLE, False)


def test_a_folder_that_cannot_be_listed_does_not_look_empty(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    real = os.scandir

    def refuse(path):
        if str(path).endswith("/a"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(ConnectorError, match="could not be listed"):
        names(tmp_path)


def test_a_file_whose_name_is_not_utf8_is_listed_and_says_what_is_wrong(tmp_path):
    with open(os.fsencode(tmp_path) + b"/Gr\xfc\xdfe.md", "wb") as file:
        file.write(b"x")
    (tmp_path / "plain.md").write_text("x")
    odd, plain = sorted(names(tmp_path))
    assert (odd, plain) == ("Gr\\xfc\\xdfe.md", "plain.md")
    with pytest.raises(IngestionError, match="rename the file") as caught:
        folder(tmp_path).fetch(odd)
    assert caught.value.permanent


@pytest.mark.django_db
def test_a_source_gets_the_connector_of_its_kind(tmp_path, settings):
    settings.ATTEST_MAX_FILE_MB = 3
    connector = connector_for(folder_source(tmp_path))
    assert isinstance(connector, FolderConnector)
    assert (connector.root, connector.max_bytes) == (tmp_path, 3_000_000)
    uploads = create_source(actor=None, name="Uploads", kind=Source.Kind.UPLOAD, everyone=True)
    assert isinstance(connector_for(uploads), UploadConnector)
