"""The settings form of a database query."""

from ingestion.connectors.base import Setting, SettingKind

MOST_ROWS = 100_000
SECONDS = 60
FORMATS = (("plain", "Plain text"), ("markdown", "Markdown"), ("html", "HTML"))
ENCRYPTION = (
    ("prefer", "Where the server offers it"),
    ("require", "Always"),
    ("verify", "Always, and the server's certificate is checked"),
)

SETTINGS = (
    Setting("url", "Address", "postgresql://server:5432/database, mysql://… or mariadb://…", SettingKind.URL),
    Setting("user", "User", "It needs the right to SELECT what the query names, and should have no other."),
    Setting("password", "Password", kind=SettingKind.SECRET),
    Setting(
        "encryption", "Encrypted connection", kind=SettingKind.CHOICE, default="prefer", choices=ENCRYPTION,
        required=False,
    ),
    Setting(
        "query",
        "Query",
        "One SELECT. Each row of its result becomes a document: SELECT id, title, body, updated_at FROM articles.",
        SettingKind.LINES,
    ),
    Setting("id_column", "Column with the id", "It tells the rows apart and stays the same.", default="id"),
    Setting("title_column", "Column with the title", "It becomes the heading.", required=False),
    Setting(
        "text_columns",
        "Columns with the text",
        "One a line. Several are written one below the other, each with its name. Empty: all that are not named "
        "in another field.",
        SettingKind.LINES,
        required=False,
        default=(),
    ),
    Setting(
        "text_format", "The texts are written in", kind=SettingKind.CHOICE, default="plain", choices=FORMATS,
        required=False,
    ),
    Setting("url_column", "Column with the address", "Where people open the original.", required=False),
    Setting("modified_column", "Column with the last change", "Times without a zone are UTC.", required=False),
    Setting("owner_column", "Column with the owner", "Who answers for the text.", required=False),
    Setting(
        "trust_modified",
        "Compare by the last change alone",
        "Faster: texts of unchanged rows are not read. Only where every change of a row changes that column.",
        SettingKind.FLAG,
        required=False,
        default=False,
    ),
    Setting(
        "row_limit", "Most rows", "A query that gives more is an error: nothing is left out silently.",
        SettingKind.NUMBER, required=False, default=MOST_ROWS, minimum=1, maximum=1_000_000,
    ),
    Setting(
        "timeout_s", "Seconds a query may take", kind=SettingKind.NUMBER, required=False, default=SECONDS,
        minimum=1, maximum=3600,
    ),
)  # fmt: skip
