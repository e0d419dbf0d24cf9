"""Google Cloud Storage, with a service account's key or a public bucket."""

import json
from typing import Any

import aiohttp
from gcsfs.core import GCSFileSystem
from gcsfs.retry import HttpError
from google.auth.exceptions import GoogleAuthError, MalformedError, RefreshError
from google.oauth2.service_account import Credentials

from ingestion.connectors.base import ConnectorError
from ingestion.connectors.stores.store import CONNECT_TIMEOUT_S, READ_TIMEOUT_S, Store

KEY_PARTS = {"private_key", "private_key_id", "client_email", "project_id"}
SCOPE = "https://www.googleapis.com/auth/devstorage.read_only"
TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address


class KeyUnreadable(Exception):  # noqa: N818 - the name says what happened
    """The secret is not the JSON of a service account."""


class GoogleStore(Store):
    # ValueError: a key that is none, from the library that reads it.
    failures = (OSError, HttpError, aiohttp.ClientError, GoogleAuthError, KeyUnreadable, ValueError)

    def connect(self) -> GCSFileSystem:
        endpoint = self.settings.get("endpoint_url")
        # Not its newer class, which first asks over another protocol what kind of bucket it is, up to a minute.
        return GCSFileSystem(
            token=self._key(),
            access="read_only",
            session_kwargs={"timeout": aiohttp.ClientTimeout(connect=CONNECT_TIMEOUT_S, sock_read=READ_TIMEOUT_S)},
            use_listings_cache=False,
            skip_instance_cache=True,
            **({"endpoint_url": endpoint} if endpoint else {}),
        )

    def explain(self, error: Exception) -> ConnectorError:
        code = int(getattr(error, "code", 0) or 0)
        if isinstance(error, KeyUnreadable | MalformedError | ValueError):
            return ConnectorError("The secret must be the whole JSON file of a service account's key.", permanent=True)
        if code in (401, 403) or isinstance(error, RefreshError):
            return self.refused("check the service account's key; it needs the role Storage Object Viewer")
        if code == 404 or isinstance(error, FileNotFoundError):
            return ConnectorError(f"There is nothing at {self.name}; correct the address.", permanent=True)
        return super().explain(error)

    def _key(self) -> Any:
        # Without a key a source is read anonymously, never with the rights of this server.
        if not self.secret:
            return "anon"
        try:
            key = dict(json.loads(self.secret))
        except (ValueError, TypeError) as error:
            raise KeyUnreadable from error
        # Other kinds of credentials may name commands to run and files to read; an account's key is only a key.
        if key.get("type") != "service_account" or not key.keys() >= KEY_PARTS:
            raise KeyUnreadable
        told = {name: str(key[name]) for name in KEY_PARTS} | {"token_uri": TOKEN_URI}
        return Credentials.from_service_account_info(told, scopes=[SCOPE])


STORE = GoogleStore
