"""Files over SFTP, WebDAV and SMB, against real servers on loopback."""

import io
import os
import shutil
import tempfile
import threading
from pathlib import Path

import paramiko
import pytest
from werkzeug.serving import make_server
from wsgidav.wsgidav_app import WsgiDAVApp

from ingestion.connectors.base import ConnectorError
from ingestion.connectors.stores import opening
from ingestion.errors import IngestionError
from ingestion.tests import samba
from ingestion.tests.connectors import ConnectorContract, CredentialsContract, UnreliableContract
from ingestion.tests.cutting_proxy import CuttingProxy
from ingestion.tests.flaky_proxy import FlakyProxy
from ingestion.tests.sftp import PASSWORD, USER, SftpServer
from ingestion.tests.test_files_connector import connect, names

WRONG = "wrong-password-5b0e"


class OnAServersDisk:
    """The files of a server that runs over `self.root`."""

    @pytest.fixture(autouse=True)
    def _root(self, tmp_path):
        self.root = tmp_path / "root"
        self.root.mkdir(mode=0o755)
        yield
        opening._open.clear()

    def put(self, name, data):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        earlier = path.stat().st_mtime if path.exists() else None
        path.write_bytes(data)
        if earlier is not None:
            # SFTP and WebDAV tell the time in whole seconds.
            os.utime(path, (earlier + 2, earlier + 2))
        return name

    def take_away(self, name):
        (self.root / name).unlink()

    def rename(self, name, new_name):
        (self.root / name).rename(self.root / new_name)
        return new_name

    def secret(self):
        return WRONG

    def test_folders_below_are_listed_by_their_path(self, connector):
        for name in ("b/c d/e.md", "a.md", ".git/x.md", "b/.hidden.md"):
            self.put(name, name.encode())
        assert names(connector) == ["a.md", "b/c d/e.md"]
        assert connector.fetch("b/c d/e.md").data == b"b/c d/e.md"
        assert "2 files" in connector.test()

    def test_a_folder_that_is_not_there_is_an_error_and_not_empty(self, connector):
        self.root.rename(self.root.with_name("elsewhere"))
        for act in (connector.test, lambda: names(connector), lambda: connector.fetch("a.md")):
            with pytest.raises(ConnectorError, match="correct the address"):
                act()


class TestSftp(OnAServersDisk, ConnectorContract, CredentialsContract, UnreliableContract):
    @pytest.fixture(autouse=True)
    def _server(self, _root):
        self.key = paramiko.ECDSAKey.generate()
        self.server = SftpServer(self.root.parent, public_key=self.key)
        yield
        self.server.stop()

    @pytest.fixture
    def connector(self):
        return self.reading()

    def reading(self, secret=PASSWORD, **settings):
        settings = {"user": USER, "host_key": self.server.fingerprint} | settings
        return connect(f"sftp://127.0.0.1:{self.server.port}/root", secret=secret, **settings)

    def with_wrong_credentials(self):
        return self.reading(WRONG)

    def fail_after(self, requests):
        if requests == 0:
            self.server.cut()

    def recover(self):
        self.server.recover()

    def test_a_private_key_opens_the_door_as_well(self):
        self.put("a.md", b"x")
        text = io.StringIO()
        self.key.write_private_key(text)
        assert names(self.reading(text.getvalue())) == ["a.md"]
        with pytest.raises(ConnectorError, match="private key cannot be read"):
            names(self.reading("-----BEGIN RSA PRIVATE KEY-----\nbroken\n-----END RSA PRIVATE KEY-----"))

    def test_a_server_that_nobody_has_confirmed_is_not_told_the_password(self):
        for shown in ("", "SHA256:somethingelse"):
            with pytest.raises(ConnectorError) as caught:
                self.reading(host_key=shown).test()
            assert self.server.fingerprint in caught.value.message
            assert caught.value.permanent

    def test_a_link_is_not_followed(self, connector):
        (self.root / "link.md").symlink_to(self.root.parent)
        assert names(connector) == []

    def test_a_large_file_comes_whole(self, connector, monkeypatch):
        data = os.urandom(900_000)
        self.put("a.bin", data)
        connector.max_bytes = 1_000_000
        assert connector.fetch("a.bin").data == data


class TestWebdav(OnAServersDisk, ConnectorContract, CredentialsContract, UnreliableContract):
    @pytest.fixture(autouse=True)
    def _server(self, _root):
        self.server = make_server("127.0.0.1", 0, _webdav(self.root), threaded=True)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.proxy = FlakyProxy(self.server.server_port)
        yield
        self.proxy.stop()
        self.server.shutdown()
        self.server.server_close()

    @pytest.fixture
    def connector(self):
        return self.reading()

    def reading(self, secret=PASSWORD, place="docs"):
        address = self.proxy.url.replace("http://", "webdav://")
        return connect(f"{address}/{place}", user=USER, secret=secret)

    def with_wrong_credentials(self):
        return self.reading(WRONG)

    def fail_after(self, requests):
        self.proxy.fail_after(requests)

    def recover(self):
        self.proxy.recover()

    def test_what_is_no_webdav_is_said_to_be_none(self, free_port):
        with pytest.raises(ConnectorError, match="tried again"):
            connect(f"webdav://127.0.0.1:{free_port}/docs", user=USER, secret="x").test()

    def test_a_server_that_leads_to_another_is_not_followed(self, free_port):
        def lead_away(environ, start_response):
            start_response("302 Found", [("Location", "http://localhost:1/secret")])
            return [b""]

        server = make_server("127.0.0.1", free_port, lead_away)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            with pytest.raises(ConnectorError, match="leads to another server") as caught:
                names(connect(f"webdav://127.0.0.1:{free_port}/docs", user=USER, secret="x"))
            assert caught.value.permanent
        finally:
            server.shutdown()
            server.server_close()


def _webdav(root):
    users = {USER: {"password": PASSWORD}}
    return WsgiDAVApp(
        {
            "provider_mapping": {"/docs": {"root": str(root), "readonly": True}},
            "simple_dc": {"user_mapping": {"*": users}},
            "http_authenticator": {"domain_controller": None, "accept_basic": True, "accept_digest": False},
            "verbose": 0,
            "logging": {"enable": False, "enable_loggers": []},
        }
    )


@pytest.fixture(scope="module")
def share():
    # Not below pytest's own folder: the user who connects must get through, and other runs close that folder again.
    with tempfile.TemporaryDirectory(prefix="attest-samba-") as home:
        server = samba.Samba(Path(home))
        yield server
        server.stop()


@pytest.mark.skipif(shutil.which("smbd") is None, reason="needs Samba's server (Debian's package samba)")
@pytest.mark.skipif(os.geteuid() != 0, reason="Samba's server changes to the user who connects, as root alone may")
class TestSmb(OnAServersDisk, ConnectorContract, CredentialsContract, UnreliableContract):
    @pytest.fixture(autouse=True)
    def _server(self, _root, share):
        self.server = share
        shutil.rmtree(share.share)
        share.share.mkdir()
        self.root = share.share
        self.proxy = CuttingProxy(share.port)
        yield
        self.proxy.stop()

    @pytest.fixture
    def connector(self):
        return self.reading()

    def reading(self, secret=samba.PASSWORD, user=samba.USER):
        return connect(f"smb://127.0.0.1:{self.proxy.port}/docs", user=user, secret=secret)

    def with_wrong_credentials(self):
        return self.reading(WRONG)

    def fail_after(self, requests):
        self.proxy.fail_after(requests)

    def recover(self):
        self.proxy.recover()

    def test_a_folder_that_is_not_there_is_an_error_and_not_empty(self, connector):
        lost = connect(f"smb://127.0.0.1:{self.server.port}/docs/nothing", user=samba.USER, secret=samba.PASSWORD)
        for act in (lost.test, lambda: names(lost), lambda: lost.fetch("a.md")):
            with pytest.raises(ConnectorError, match="correct the address"):
                act()

    def test_two_sources_at_one_server_never_read_with_each_others_rights(self, connector):
        self.put("own.md", b"x")
        shutil.chown(self.root / "own.md", samba.OTHER)
        (self.root / "own.md").chmod(0o600)
        other = self.reading(user=samba.OTHER)
        for _ in range(2):
            assert other.fetch("own.md").data == b"x"
            with pytest.raises(IngestionError, match="right to read"):
                connector.fetch("own.md")
