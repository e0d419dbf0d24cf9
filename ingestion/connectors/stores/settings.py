"""The settings form of a file store."""

from ingestion.connectors.base import Setting, SettingKind
from ingestion.connectors.stores.address import PROTOCOLS

SETTINGS = (
    Setting("url", "Address", f"One of {', '.join(PROTOCOLS.values())}. Everything below it is read."),
    Setting(
        "user",
        "User or access key id",
        "S3: the access key id. Azure: the account. SFTP, SMB and WebDAV: the user. Empty for what is public.",
        required=False,
    ),
    Setting(
        "secret",
        "Password or key",
        "S3: the secret key. Google: the JSON of a service account's key. Azure: the account key, or a shared "
        "access signature. SFTP: the password or the private key. SMB and WebDAV: the password.",
        SettingKind.SECRET,
        required=False,
    ),
    Setting(
        "endpoint_url",
        "Endpoint",
        "For a storage server of your own, such as MinIO: its address. Empty for Amazon, Google and Azure.",
        SettingKind.URL,
        required=False,
    ),
    Setting("region", "Region", "Only for S3, where the service asks for it: eu-central-1.", required=False),
    Setting(
        "host_key",
        "Host key",
        "Only for SFTP, and needed there: the server's key as SHA256:…; a test of the connection shows it.",
        required=False,
    ),
    Setting(
        "include",
        "Only these",
        "Patterns, one a line: *.pdf, handbook/**. Empty: everything.",
        SettingKind.LINES,
        required=False,
        default=(),
    ),
    Setting(
        "exclude",
        "But not these",
        "Patterns, one a line: archive, *.tmp. They go before those above.",
        SettingKind.LINES,
        required=False,
        default=(),
    ),
    Setting(
        "link",
        "Link for readers",
        "The address under which people open these files; the path is added. Empty: no link is shown.",
        SettingKind.URL,
        required=False,
    ),
)
