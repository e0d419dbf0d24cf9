"""WebDAV: Nextcloud, ownCloud and plain web servers. `webdavs` is encrypted, `webdav` is not.

A server may not send us to another one: nobody entered that one, and it may be an inner one.
"""

import httpx
from webdav4.client import ClientError, ForbiddenOperation, HTTPError
from webdav4.fsspec import WebdavFileSystem

from ingestion.connectors.base import ConnectorError
from ingestion.connectors.stores.store import CONNECT_TIMEOUT_S, READ_TIMEOUT_S, Store


class LeadsElsewhere(Exception):  # noqa: N818 - the name says what happened
    """The server sends us to another one, which nobody has entered."""


class WebdavStore(Store):
    failures = (OSError, ClientError, httpx.HTTPError, httpx.InvalidURL, LeadsElsewhere)

    def connect(self) -> WebdavFileSystem:
        user = self.settings.get("user", "")
        return WebdavFileSystem(
            self._url(),
            auth=(user, self.secret) if user else None,
            timeout=httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
            event_hooks={"request": [self._stay]},
            skip_instance_cache=True,
        )

    @property
    def root(self) -> str:
        return "/"

    def full(self, path: str) -> str:
        return f"/{path}"

    def explain(self, error: Exception) -> ConnectorError:
        status = error.status_code if isinstance(error, HTTPError) else 0
        if isinstance(error, httpx.HTTPStatusError):
            status = error.response.status_code
        if status in (401, 403) or isinstance(error, ForbiddenOperation | PermissionError):
            return self.refused()
        if isinstance(error, LeadsElsewhere):
            return ConnectorError(f"{self.name} leads to another server; enter that one's address.", permanent=True)
        if status == 405:
            return ConnectorError(f"There is no WebDAV at {self.name}; correct the address.", permanent=True)
        return super().explain(error)

    def _url(self) -> str:
        scheme = "https" if self.address.protocol == "webdavs" else "http"
        port = f":{self.address.port}" if self.address.port else ""
        return f"{scheme}://{self.address.host}{port}/{self.address.path}"

    def _stay(self, request: httpx.Request) -> None:
        if request.url.host.lower() != self.address.host.lower():
            raise LeadsElsewhere


STORE = WebdavStore
