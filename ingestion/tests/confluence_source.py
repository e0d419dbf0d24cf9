"""A Confluence for a test: a wiki, its server, and connectors to it."""

from ingestion.connectors.base import Connection, Readers
from ingestion.connectors.confluence import ConfluenceConnector
from ingestion.memory import Forgetful
from ingestion.tests.confluence_formats import EMAIL, TOKEN, Cloud
from ingestion.tests.confluence_server import Server
from ingestion.tests.confluence_wiki import Wiki

INSIDE = ["127.0.0.1", "localhost"]
NOBODY = Readers()


class Confluence:
    """A wiki, its server, and connectors to it."""

    def __init__(self, edition: type[Cloud]) -> None:
        self.wiki = Wiki()
        self.server = Server(edition(self.wiki))
        self.is_cloud = edition is Cloud
        self.memory = Forgetful()
        self.slept: list[float] = []

    def connector(self, *, token: str = TOKEN, max_bytes: int = 1_000_000, **settings) -> ConfluenceConnector:
        usual = {
            "base_url": self.server.address, "edition": "cloud" if self.is_cloud else "data_center",
            "account": EMAIL if self.is_cloud else "", "allowed_internal_hosts": INSIDE,
        }  # fmt: skip
        connection = Connection(1, usual | settings, {"token": token}, self.memory, max_bytes)
        return ConfluenceConnector(connection, sleep=self.slept.append)


def listed(connector):
    return {item.external_id: item for item in connector.items()}


def readers_of(confluence, page):
    return listed(confluence.connector())[page.id].readers


def people(*names):
    return Readers(emails=frozenset(f"{name}@example.com" for name in names))


def person(confluence, name):
    return confluence.wiki.person(f"{name}@example.com")
