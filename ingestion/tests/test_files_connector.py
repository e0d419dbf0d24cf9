"""Files in a store: S3's protocol against a real server, and the same connector on this machine's disk."""

import os
import socket
import time

import fsspec
import pytest

from ingestion.connectors.base import Connection, ConnectorError, ItemVanished
from ingestion.connectors.files import KIND, FilesConnector, check
from ingestion.connectors.patterns import Patterns
from ingestion.connectors.stores.address import parse_address
from ingestion.connectors.stores.store import Store
from ingestion.errors import FailureReason, IngestionError
from ingestion.memory import Forgetful
from ingestion.tests.connectors import ConnectorContract, CredentialsContract, UnreliableContract
from ingestion.tests.flaky_proxy import FlakyProxy
from ingestion.tests.s3 import BUCKET, S3Server

LIMIT = 1000


class DiskStore(Store):
    """This machine's disk, which no address leads to."""

    def __init__(self, path):
        super().__init__(parse_address("sftp://this-machine"), {}, "")
        self.path = path

    def connect(self):
        return fsspec.filesystem("file", skip_instance_cache=True)

    @property
    def root(self):
        return str(self.path)


def connect(url, *, secret="", **settings):
    check({"url": url, **settings})
    return KIND.build(
        Connection(
            source_id=0,
            settings={"url": url, **settings},
            secrets={"secret": secret} if secret else {},
            memory=Forgetful(),
            max_bytes=LIMIT,
        )
    )


def names(connector):
    return [item.external_id for item in connector.items()]


class TestFilesOnDisk(ConnectorContract):
    @pytest.fixture
    def connector(self, tmp_path):
        self.root = tmp_path / "root"
        self.root.mkdir()
        return self.reading()

    def reading(self, **options):
        return FilesConnector(lambda: DiskStore(self.root), max_bytes=LIMIT, **options)

    def put(self, name, data):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        is_there = path.exists()
        path.write_bytes(data)
        if is_there:
            os.utime(path, ns=(0, path.stat().st_mtime_ns + 10**9))
        return name

    def take_away(self, name):
        (self.root / name).unlink()

    def rename(self, name, new_name):
        (self.root / name).rename(self.root / new_name)
        return new_name

    def test_folders_below_are_listed_by_their_path_and_hidden_ones_passed_over(self, connector):
        for name in ("b/c/d.md", "a.md", ".git/x.md", "b/.hidden.md", "b/~$d.md", "Thumbs.db"):
            self.put(name, b"x")
        assert names(connector) == ["a.md", "b/c/d.md"]
        assert connector.fetch("b/c/d.md").name == "d.md"
        with pytest.raises(ItemVanished):
            connector.fetch(".git/x.md")

    def test_a_link_is_neither_listed_nor_fetched(self, connector, tmp_path):
        (tmp_path / "secret.md").write_text("secret")
        (self.root / "link.md").symlink_to(tmp_path / "secret.md")
        (self.root / "round").symlink_to(self.root)
        assert names(connector) == []
        with pytest.raises(ItemVanished):
            connector.fetch("link.md")

    def test_patterns_choose_and_leave_out(self, connector):
        for name in ("a.md", "b.PDF", "old/c.pdf", "new/d.pdf", "new/old/e.pdf"):
            self.put(name, b"x")
        reading = self.reading(patterns=Patterns(["*.pdf"], ["old"]))
        assert names(reading) == ["b.PDF", "new/d.pdf"]
        assert "2 files" in reading.test()
        assert "1 left out by the patterns" in reading.test()
        assert names(self.reading(patterns=Patterns(["new/**"]))) == ["new/d.pdf", "new/old/e.pdf"]

    def test_a_folder_that_goes_away_is_an_error_and_not_empty(self, connector):
        self.root.rmdir()
        for act in (connector.test, lambda: names(connector), lambda: connector.fetch("a.md")):
            with pytest.raises(ConnectorError, match="create it, or correct the address") as caught:
                act()
            assert not caught.value.permanent

    def test_a_folder_that_may_not_be_listed_does_not_look_empty(self, connector, monkeypatch):
        self.put("a/b.md", b"x")
        real = os.scandir

        def refuse(path):
            if str(path).endswith("/a"):
                raise PermissionError(13, "Permission denied", str(path))
            return real(path)

        monkeypatch.setattr(os, "scandir", refuse)
        with pytest.raises(ConnectorError, match="refuses access") as caught:
            names(connector)
        assert caught.value.permanent

    def test_a_folder_below_that_goes_away_during_the_listing_does_not_end_it(self, connector):
        for name in ("a/x.md", "b/y.md", "c/z.md"):
            self.put(name, b"x")
        items = connector.items()
        assert next(items).external_id == "a/x.md"
        self.take_away("b/y.md")
        (self.root / "b").rmdir()
        assert [item.external_id for item in items] == ["c/z.md"]

    def test_a_name_that_is_not_utf8_is_listed_and_says_what_is_wrong(self, connector):
        with open(os.fsencode(self.root) + b"/Gr\xfc\xdfe.md", "wb") as file:
            file.write(b"x")
        (name,) = names(connector)
        name.encode()
        with pytest.raises(IngestionError, match="rename the file"):
            connector.fetch(name)

    def test_a_file_that_was_cut_off_while_it_was_read_is_read_again(self, connector, monkeypatch):
        self.put("a.md", b"whole")
        monkeypatch.setattr(DiskStore, "read", lambda self, path, most: b"who")
        with pytest.raises(IngestionError, match="cut off") as caught:
            connector.fetch("a.md")
        assert not caught.value.permanent

    def test_a_link_for_readers_is_the_path_below_it(self, connector):
        self.put("a b/ä.md", b"x")
        (item,) = self.reading(link="https://files.example.com/").items()
        assert item.url == "https://files.example.com/a%20b/%C3%A4.md"


@pytest.fixture(scope="module")
def s3():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = S3Server(port)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def proxy(s3):
    proxy = FlakyProxy(s3.port)
    yield proxy
    proxy.stop()


class InABucket:
    prefix = ""

    @pytest.fixture(autouse=True)
    def _bucket(self, s3, proxy, monkeypatch):
        # A failure is told at once, where in life it is tried again a little later.
        monkeypatch.setattr("ingestion.connectors.stores.s3.TRIES", 1)
        s3.reset()
        proxy.recover()
        self.s3, self.proxy = s3, proxy
        self.client = s3.client()
        self.client.create_bucket(Bucket=BUCKET)

    @pytest.fixture
    def connector(self):
        return self.reading()

    def reading(self, key=("AKIATEST", "secret"), **settings):
        address = f"s3://{BUCKET}/{self.prefix}".rstrip("/")
        return connect(address, user=key[0], secret=key[1], endpoint_url=self.proxy.url, **settings)

    def put(self, name, data):
        self.client.put_object(Bucket=BUCKET, Key=self.prefix + name, Body=data)
        return name

    def take_away(self, name):
        self.client.delete_object(Bucket=BUCKET, Key=self.prefix + name)

    def rename(self, name, new_name):
        place = {"Bucket": BUCKET, "Key": self.prefix + name}
        self.client.copy_object(Bucket=BUCKET, Key=self.prefix + new_name, CopySource=place)
        self.take_away(name)
        return new_name


class TestFilesInABucket(InABucket, ConnectorContract, UnreliableContract):
    def fail_after(self, requests):
        self.proxy.fail_after(requests)

    def recover(self):
        self.proxy.recover()

    def test_more_files_than_one_answer_holds_are_all_listed_or_none(self, connector, monkeypatch):
        monkeypatch.setattr("ingestion.connectors.stores.s3.PAGE", 2)
        for number in range(5):
            self.put(f"{number}.md", b"x")
        assert names(connector) == [f"{number}.md" for number in range(5)]
        self.fail_after(1)
        with pytest.raises(ConnectorError):
            names(connector)
        self.recover()
        assert connector.test() == "5 files (0 kB)"

    def test_a_test_says_how_much_there_is_and_what_is_over_the_limit(self, connector):
        self.put("a.md", b"x" * 600)
        self.put("big.md", b"x" * (LIMIT + 500))
        assert connector.test() == "2 files (2 kB), 1 over the limit of 1 kB"

    def test_an_empty_bucket_asks_whether_the_address_is_right(self, connector):
        assert connector.test() == "0 files (0 kB), check the address and the patterns"

    def test_a_file_over_the_limit_is_refused_by_its_size(self, connector):
        self.put("big.md", b"x" * (LIMIT + 1))
        self.put("fits.md", b"x" * LIMIT)
        self.put("empty.md", b"")
        with pytest.raises(IngestionError, match="ATTEST_MAX_FILE_MB") as caught:
            connector.fetch("big.md")
        assert caught.value.reason == FailureReason.TOO_LARGE
        assert len(connector.fetch("fits.md").data) == LIMIT
        assert connector.fetch("empty.md").data == b""

    def test_odd_keys_are_told_apart_and_markers_of_folders_are_no_files(self, connector):
        for name in (
            "folder/",
            "folder//a.md",
            "folder/a.md",
            "/a.md",
            "a.md",
            "a",
            "a/b",
            "x?versionId=1.md",
            "+ .md",
        ):
            self.put(name, name.encode())
        listed = names(connector)
        assert sorted(listed) == sorted(
            ["folder//a.md", "folder/a.md", "/a.md", "a.md", "a", "a/b", "x?versionId=1.md", "+ .md"]
        )
        assert {name: connector.fetch(name).data for name in listed} == {name: name.encode() for name in listed}

    def test_keys_of_dots_lead_nowhere(self, connector):
        self.put("../a.md", b"x")
        self.put("b/../a.md", b"x")
        assert names(connector) == []

    def test_a_bucket_that_is_not_there_is_a_permanent_error(self):
        stranger = connect("s3://no-such-bucket/docs", user="AKIATEST", secret="secret", endpoint_url=self.proxy.url)
        for act in (stranger.test, lambda: names(stranger), lambda: stranger.fetch("a.md")):
            with pytest.raises(ConnectorError, match="no such bucket") as caught:
                act()
            assert caught.value.permanent

    def test_a_server_that_is_not_there_is_tried_again(self, free_port):
        lost = connect(f"s3://{BUCKET}", user="AKIATEST", secret="secret", endpoint_url=f"http://127.0.0.1:{free_port}")
        with pytest.raises(ConnectorError, match="tried again") as caught:
            lost.test()
        assert not caught.value.permanent

    def test_an_archived_file_is_its_own_failure(self, connector):
        self.put("a.md", b"x")
        self.client.put_object(Bucket=BUCKET, Key="cold.md", Body=b"x", StorageClass="GLACIER")
        with pytest.raises(IngestionError, match="refuses to hand this file over"):
            connector.fetch("cold.md")


class TestFilesInAFolderOfABucket(InABucket, ConnectorContract):
    prefix = "team/docs/"

    def test_what_lies_beside_the_folder_is_not_seen(self, connector):
        self.client.put_object(Bucket=BUCKET, Key="team/docs-old/a.md", Body=b"x")
        self.client.put_object(Bucket=BUCKET, Key="team/a.md", Body=b"x")
        assert names(connector) == []
        with pytest.raises(ItemVanished):
            connector.fetch("../a.md")


class TestRightsInABucket(InABucket, CredentialsContract):
    lists = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
    reads = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}

    def with_wrong_credentials(self):
        self.put("a.md", b"one")
        key, _ = self.s3.user_with([self.lists, self.reads])
        self.s3.allow(0)
        return self.reading((key, self.secret()))

    def secret(self):
        return "wrong-secret-key-7d1f"

    def test_the_rights_to_list_and_to_read_are_enough(self):
        self.put("a.md", b"one")
        key = self.s3.user_with([self.lists, self.reads])
        self.s3.allow(0)
        connector = self.reading(key)
        assert connector.test() == "1 file (0 kB)"
        assert connector.fetch(*names(connector)).data == b"one"

    def test_a_key_that_nobody_knows_is_said_to_be(self):
        self.s3.allow(0)
        with pytest.raises(ConnectorError, match="InvalidAccessKeyId"):
            names(self.reading(("AKIANOBODY", "x")))

    def test_rights_to_list_alone_are_found_out_by_the_test(self):
        self.put("a.md", b"one")
        key = self.s3.user_with([self.lists])
        self.s3.allow(0)
        with pytest.raises(ConnectorError, match="listed but not read"):
            self.reading(key).test()
        with pytest.raises(IngestionError, match="right to read"):
            self.reading(key).fetch("a.md")

    def test_without_a_key_the_rights_of_this_server_are_not_borrowed(self, monkeypatch):
        key = self.s3.user_with([self.lists, self.reads])
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key[0])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key[1])
        self.put("a.md", b"one")
        self.s3.allow(0)
        assert names(self.reading(key)) == ["a.md"]
        with pytest.raises(ConnectorError):
            names(self.reading(("", "")))


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "must begin like"),
        ("/etc", "must begin like"),
        ("file:///etc", "must begin like"),
        ("local:///etc", "must begin like"),
        ("memory://x", "must begin like"),
        ("http://10.0.0.1/x", "must begin like"),
        ("github://org:repo@main/x", "must begin like"),
        ("simplecache::s3://bucket", "must begin like"),
        ("zip://a.zip::s3://bucket", "must begin like"),
        ("S3://bucket", "must begin like"),
        ("s3://", "no server or bucket"),
        ("sftp:///etc", "no server or bucket"),
        ("smb://server", "names no share"),
        ("sftp://ada:secret@server/docs", "fields of their own"),
        ("sftp://server:many/docs", "name:port"),
        ("webdav://169.254.169.254/latest", "network link"),
        ("az://box?sig=abc", "entered as the key"),
        ("s3://bucket/../other", "only dots"),
        ("s3://bucket/a//b", "only dots"),
    ],
)
def test_an_address_that_cannot_be_right_is_refused_with_a_sentence(url, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        check({"url": url, "user": "ada"})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"url": "sftp://server/docs"}, "Enter the user"),
        ({"url": "az://container"}, "Enter the account"),
        ({"url": "sftp://server", "user": "a", "endpoint_url": "https://x"}, "only for s3"),
        ({"url": "az://box", "user": "thief.example.com/"}, "small letters and digits"),
        ({"url": "s3://bucket", "endpoint_url": "file:///etc"}, "endpoint must be"),
        ({"url": "s3://bucket", "endpoint_url": "http://169.254.169.254"}, "network link"),
        ({"url": "s3://bucket", "endpoint_url": "http://key:secret@minio"}, "fields of their own"),
        ({"url": "s3://bucket", "include": ["a**b"]}, r"pattern a\*\*b"),
        ({"url": "s3://bucket", "link": "javascript:alert(1)"}, "https://"),
    ],
)
def test_settings_that_cannot_be_right_are_refused_with_a_sentence(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        check(settings)


@pytest.mark.parametrize(
    ("url", "endpoint"), [("webdav://2852039166/x", ""), ("s3://bucket", "http://0xA9FEA9FE"), ("webdav://0/x", "")]
)
def test_the_addresses_of_a_clouds_keys_are_refused_however_they_are_written(url, endpoint):
    with pytest.raises(ConnectorError, match="network link or cloud"):
        connect(url, user="ada", secret="x", endpoint_url=endpoint).test()


@pytest.mark.timed
def test_no_pattern_and_no_name_take_long_to_compare():
    began = time.monotonic()
    assert not Patterns(["*a" * 30 + "*b"]).admit("a" * 1000)
    assert not Patterns(["**/a/" * 20 + "b"]).admit("a/" * 500)
    assert time.monotonic() - began < 1


def test_good_addresses_are_taken():
    for url in (
        "s3://bucket",
        "gs://bucket/a b/c#d",
        "sftp://[::1]:2222/docs",
        "smb://server/share",
        "webdavs://h:8443",
    ):
        check({"url": url, "user": "ada"})
    address = parse_address("sftp://[::1]:2222/docs/")
    assert (address.host, address.port, address.path) == ("::1", 2222, "docs")


def test_a_package_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ingestion.connectors.stores.smb", None)
    with pytest.raises(ConnectorError, match=r"smbprotocol.*pip install '.\[smb\]'") as caught:
        connect("smb://server/share", user="ada", secret="x").test()
    assert caught.value.permanent
