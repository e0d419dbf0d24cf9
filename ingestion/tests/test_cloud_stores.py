"""Files in Google Cloud Storage and Azure, against emulators of both. Neither has met the live service."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from ingestion.connectors.base import ConnectorError
from ingestion.tests.connectors import ODD_NAMES, ConnectorContract, CredentialsContract
from ingestion.tests.test_files_connector import connect, names

ACCOUNT = "devstoreaccount1"
# The emulator's own key, which its documentation names.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def started(command, port, **environment):
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | environment
    )
    ends_at = time.monotonic() + 30
    while time.monotonic() < ends_at and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return process
        time.sleep(0.05)
    process.kill()
    raise TimeoutError(f"{command[0]} did not start")


def free():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def google():
    pytest.importorskip("gcp_storage_emulator")
    port = free()
    command = ["-m", "gcp_storage_emulator", "start", "--host=127.0.0.1", f"--port={port}", "--in-memory"]
    process = started([sys.executable, *command], port)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="module")
def azurite(tmp_path_factory):
    port = free()
    folder = tmp_path_factory.mktemp("azurite")
    command = [shutil.which("azurite-blob"), "--blobPort", str(port), "-l", str(folder), "--skipApiVersionCheck"]
    process = started([*command, "--silent", "--disableTelemetry"], port)
    yield f"http://127.0.0.1:{port}/{ACCOUNT}"
    process.terminate()
    process.wait(10)


class TestGoogle(ConnectorContract):
    # The emulator cuts an address off at a semicolon.
    odd_names = [name for name in ODD_NAMES if ";" not in name]

    @pytest.fixture
    def connector(self, google):
        from gcsfs.core import GCSFileSystem

        self.fs = GCSFileSystem(endpoint_url=google, token="anon", project="x", skip_instance_cache=True)
        self.bucket = f"docs-{time.monotonic_ns()}"
        self.fs.mkdir(self.bucket)
        return connect(f"gs://{self.bucket}", endpoint_url=google)

    def put(self, name, data):
        self.fs.pipe_file(f"{self.bucket}/{name}", data)
        return name

    def take_away(self, name):
        self.fs.rm_file(f"{self.bucket}/{name}")

    def rename(self, name, new_name):
        data = self.fs.cat_file(f"{self.bucket}/{name}")
        self.take_away(name)
        return self.put(new_name, data)

    def test_folders_below_are_listed_and_a_missing_bucket_is_said_to_be(self, connector, google):
        self.put("b/c d/e.md", b"x")
        self.put("a.md", b"x")
        assert names(connector) == ["a.md", "b/c d/e.md"]
        with pytest.raises(ConnectorError, match="correct the address") as caught:
            connect("gs://no-such-bucket", endpoint_url=google).test()
        assert caught.value.permanent

    @pytest.mark.parametrize(
        "key",
        [
            "not json",
            "[]",
            '{"type": "external_account", "credential_source": {"executable": {"command": "touch /tmp/x"}}}',
            '{"type": "authorized_user", "refresh_token": "x", "client_id": "x", "client_secret": "x"}',
            json.dumps({"type": "service_account"} | dict.fromkeys(
                ("private_key", "private_key_id", "client_email", "project_id"), "x")),
        ],
    )  # fmt: skip
    def test_only_the_key_of_a_service_account_is_one(self, key, google):
        with pytest.raises(ConnectorError, match="service account") as caught:
            connect("gs://docs", secret=key, endpoint_url=google).test()
        assert caught.value.permanent


@pytest.mark.skipif(shutil.which("azurite-blob") is None, reason="needs Azurite, Azure's emulator (npm's azurite)")
class TestAzure(ConnectorContract, CredentialsContract):
    @pytest.fixture(autouse=True)
    def _container(self, azurite):
        from azure.storage.blob import BlobServiceClient

        self.url = azurite
        self.container = f"docs-{time.monotonic_ns()}"
        self.client = BlobServiceClient(azurite, KEY).create_container(self.container)

    @pytest.fixture
    def connector(self):
        return self.reading(KEY)

    def reading(self, key):
        return connect(f"az://{self.container}", user=ACCOUNT, secret=key, endpoint_url=self.url)

    def put(self, name, data):
        self.client.upload_blob(name, data, overwrite=True)
        return name

    def take_away(self, name):
        self.client.delete_blob(name)

    def rename(self, name, new_name):
        data = self.client.download_blob(name).readall()
        self.take_away(name)
        return self.put(new_name, data)

    def with_wrong_credentials(self):
        return self.reading(self.secret())

    def secret(self):
        return KEY.replace("Eby", "Abc")

    def test_folders_below_are_listed_and_a_missing_container_is_said_to_be(self, connector):
        self.put("b/c d/e.md", b"x")
        self.put("a.md", b"x")
        assert names(connector) == ["a.md", "b/c d/e.md"]
        with pytest.raises(ConnectorError, match="correct the address") as caught:
            connect("az://no-such-container", user=ACCOUNT, secret=KEY, endpoint_url=self.url).test()
        assert caught.value.permanent
