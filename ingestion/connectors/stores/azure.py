"""Azure Blob Storage, with an account key, a shared access signature, or a public container."""

from collections.abc import Callable
from typing import Any

import adlfs
from azure.core.credentials import AzureSasCredential
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceNotFoundError,
    ServiceRequestError,
)
from azure.storage.blob.aio import BlobServiceClient, LinearRetry

from ingestion.connectors.base import ConnectorError
from ingestion.connectors.stores.store import CONNECT_TIMEOUT_S, READ_TIMEOUT_S, Store

TRIES = 2


class FileSystem(adlfs.AzureBlobFileSystem):
    """With a client of our own, as its library passes on neither time limits nor the number of tries."""

    def __init__(self, client: Callable[[], BlobServiceClient], **options: Any) -> None:
        self._make_client = client
        super().__init__(**options)

    def do_connect(self) -> None:
        self.service_client = self._make_client()


class AzureStore(Store):
    # Its library says ValueError for a key that is no base64.
    failures = (OSError, AzureError, ValueError)

    def connect(self) -> adlfs.AzureBlobFileSystem:
        # Anonymous as far as its library knows, which would look for rights of this server otherwise.
        return FileSystem(
            account_name=self.settings.get("user", ""),
            anon=True,
            client=self._client,
            use_listings_cache=False,
            skip_instance_cache=True,
        )

    def explain(self, error: Exception) -> ConnectorError:
        status = error.status_code if isinstance(error, HttpResponseError) else None
        if status in (401, 403) or isinstance(error, ClientAuthenticationError | ValueError):
            return self.refused("check the account and its key, which needs the rights to list and to read")
        if status == 404 or isinstance(error, ResourceNotFoundError | FileNotFoundError):
            return ConnectorError(f"There is nothing at {self.name}; correct the address.", permanent=True)
        if isinstance(error, ServiceRequestError):
            return self.unreachable(OSError(0, "the account's address does not answer"))
        return super().explain(error)

    def _client(self) -> BlobServiceClient:
        account = self.settings.get("user", "")
        key: Any = {"account_name": account, "account_key": self.secret} if self.secret else None
        return BlobServiceClient(
            self.settings.get("endpoint_url") or f"https://{account}.blob.core.windows.net",
            AzureSasCredential(self.secret.lstrip("?")) if "sig=" in self.secret else key,
            connection_timeout=CONNECT_TIMEOUT_S,
            read_timeout=READ_TIMEOUT_S,
            retry_policy=LinearRetry(backoff=1, retry_total=TRIES),
        )


STORE = AzureStore
