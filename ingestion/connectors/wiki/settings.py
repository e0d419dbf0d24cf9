"""The settings form of a Confluence source, and the client that its connector speaks through."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from ingestion.connectors.base import Connection, ConnectorError, Setting, SettingKind
from ingestion.network_guard import ALLOWED_HOSTS, guarded_client

CLOUD = "cloud"
DATA_CENTER = "data_center"

SETTINGS = (
    Setting(
        "base_url",
        "Address",
        "https://example.atlassian.net for Cloud, or the address of your own server.",
        kind=SettingKind.URL,
    ),
    Setting(
        "edition",
        "Edition",
        "Cloud is run by Atlassian, Data Center by your company.",
        kind=SettingKind.CHOICE,
        default=CLOUD,
        choices=((CLOUD, "Cloud"), (DATA_CENTER, "Data Center")),
    ),
    Setting(
        "account",
        "Account",
        "Cloud: the e-mail that the API token belongs to. Data Center: empty for a personal access token, or a "
        "user name with its password as the token. Everything that this account may view is read.",
        required=False,
    ),
    Setting("token", "Token", "An API token, personal access token or password.", kind=SettingKind.SECRET),
    Setting(
        "spaces",
        "Spaces",
        "Keys of spaces, one a line. Empty: every space that the account may view. Who may read this source reads "
        "every page there that is not restricted.",
        kind=SettingKind.LINES,
        required=False,
        default=(),
    ),
    Setting(
        "space_permissions",
        "Keep the permissions of spaces",
        "A page is then open here only to those who may view its space there, by e-mail and group name. Make groups "
        "of the same names first. Off: who may read this source may read all its spaces.",
        kind=SettingKind.FLAG,
        required=False,
        default=False,
    ),
    Setting(
        "attachments",
        "Read attachments",
        "Files attached to pages; pictures, sound, videos and drawings are passed over.",
        kind=SettingKind.FLAG,
        required=False,
        default=True,
    ),
    Setting(
        "archived",
        "Read archived spaces and pages",
        kind=SettingKind.FLAG,
        required=False,
        default=False,
    ),
    Setting(
        "rights_minutes",
        "Minutes between looks at restrictions",
        "Confluence does not tell when a restriction changes, so all pages are asked for theirs at the first run "
        "after so many minutes.",
        kind=SettingKind.NUMBER,
        required=False,
        default=15,
        minimum=0,
        maximum=1440,
    ),
    ALLOWED_HOSTS,
)


def base_url(settings: Mapping[str, Any]) -> str:
    address = str(settings["base_url"]).strip().rstrip("/")
    is_bare = settings["edition"] == CLOUD and urlsplit(address).path == ""
    return f"{address}/wiki" if is_bare else address


def client_of(connection: Connection) -> httpx.Client:
    """Cloud takes an e-mail with an API token; Data Center a personal access token, or a name with a password."""
    account, token = str(connection.settings.get("account") or "").strip(), connection.secrets.get("token", "")
    if not account and not (token.isascii() and token.isprintable()):
        raise ConnectorError("The token has characters that no token has; copy and enter it anew.", permanent=True)
    return guarded_client(
        connection.settings.get(ALLOWED_HOSTS.name) or (),
        auth=(account, token) if account else None,
        headers={"Accept": "application/json"} | ({} if account else {"Authorization": f"Bearer {token}"}),
    )


def check(settings: Mapping[str, Any]) -> None:
    address = urlsplit(str(settings["base_url"]).strip())
    if address.scheme not in ("http", "https") or not address.hostname or "@" in address.netloc or address.query:
        raise ValueError(
            "Enter the address that a browser shows for the wiki's start, such as https://wiki.example.com."
        )
    if settings["edition"] == CLOUD and address.scheme != "https":
        raise ValueError("Confluence Cloud is reached by https alone; correct the address.")
    if settings["edition"] == CLOUD and not str(settings.get("account") or "").strip():
        raise ValueError("Confluence Cloud wants the e-mail of the account that the API token belongs to.")
