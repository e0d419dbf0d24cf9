"""SFTP, with a password or a private key, and only to the server whose host key an admin has confirmed.

The keys and the agent of this server's own user are never offered.
"""

from io import StringIO
from typing import Any

import paramiko
from fsspec.implementations.sftp import SFTPFileSystem

from ingestion.connectors.base import ConnectorError
from ingestion.connectors.stores.store import CONNECT_TIMEOUT_S, READ_TIMEOUT_S, Store

KEEPALIVE_S = 15
REQUESTS_AT_ONCE = 64
KINDS_OF_KEYS: tuple[type[paramiko.PKey], ...] = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)


class HostKeyUnknown(Exception):  # noqa: N818 - the name says what happened
    """The server shows another host key than the one that was confirmed."""

    def __init__(self, shown: str) -> None:
        super().__init__(shown)
        self.shown = shown


class KeyUnreadable(Exception):  # noqa: N818 - the name says what happened
    """What was entered as a private key is none that can be read."""


class OnlyConfirmed(paramiko.MissingHostKeyPolicy):
    def __init__(self, confirmed: str) -> None:
        self.confirmed = confirmed.strip().rstrip("=")

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        if key.fingerprint.rstrip("=") != self.confirmed:
            raise HostKeyUnknown(key.fingerprint)


class SftpStore(Store):
    failures = (OSError, EOFError, paramiko.SSHException, HostKeyUnknown, KeyUnreadable)

    def connect(self) -> SFTPFileSystem:
        fs = SFTPFileSystem(
            self.address.host,
            port=self.address.port or 22,
            username=self.settings.get("user", ""),
            host_key_policy=OnlyConfirmed(self.settings.get("host_key", "")),
            look_for_keys=False,
            allow_agent=False,
            timeout=CONNECT_TIMEOUT_S,
            banner_timeout=CONNECT_TIMEOUT_S,
            auth_timeout=CONNECT_TIMEOUT_S,
            channel_timeout=CONNECT_TIMEOUT_S,
            skip_instance_cache=True,
            **self._credentials(),
        )
        fs.ftp.get_channel().settimeout(READ_TIMEOUT_S)
        fs.client.get_transport().set_keepalive(KEEPALIVE_S)
        return fs

    @property
    def root(self) -> str:
        return f"/{self.address.path}"

    def read(self, path: str, most: int) -> bytes:
        with self.fs.ftp.open(self.full(path), "rb") as file:
            # Asked for ahead: one question and answer for each 32 KB would take minutes over a slow line.
            file.prefetch(min(file.stat().st_size, most), REQUESTS_AT_ONCE)
            data: bytes = file.read(most)
            return data

    def explain(self, error: Exception) -> ConnectorError:
        if isinstance(error, HostKeyUnknown):
            return ConnectorError(
                f"{self.name} shows the host key {error.shown}, which nobody has confirmed. Compare it with the one "
                "its administrator names, and enter it as the host key.",
                permanent=True,
            )
        if isinstance(error, KeyUnreadable):
            return ConnectorError(
                "The private key cannot be read; enter it whole, without a passphrase.", permanent=True
            )
        if isinstance(error, paramiko.AuthenticationException | PermissionError):
            return self.refused()
        return super().explain(error)

    def _credentials(self) -> dict[str, Any]:
        if "-----BEGIN" not in self.secret:
            return {"password": self.secret}
        for kind in KINDS_OF_KEYS:
            try:
                return {"pkey": kind.from_private_key(StringIO(self.secret.strip() + "\n"))}
            except (paramiko.SSHException, ValueError):
                continue
        raise KeyUnreadable


STORE = SftpStore
