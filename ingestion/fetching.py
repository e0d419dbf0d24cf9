"""A document's bytes: the original that is kept here where it is what the source has, or else from the source."""

from contextlib import suppress

from app.corpus.models import Source
from app.corpus.secrets import SecretsLost
from ingestion.connectors.base import Connector, ConnectorError, Fetched
from ingestion.connectors.registry import connector_for
from ingestion.models import IngestionJob
from ingestion.originals import read_original


class Connectors:
    """One connector for each source while a group of documents is read, so that what it opened serves all of them."""

    def __init__(self) -> None:
        self._made: dict[int, Connector] = {}

    def of(self, source: Source) -> Connector:
        """Raises ConnectorError when the source's secrets cannot be opened."""
        if source.pk not in self._made:
            try:
                self._made[source.pk] = connector_for(source)
            except SecretsLost as error:
                raise ConnectorError(str(error), permanent=True) from error
        return self._made[source.pk]


def fetch(job: IngestionJob, connectors: Connectors) -> Fetched:
    document, everything = job.document, bool(job.run and job.run.everything)
    version = document.current_version
    if version and version.original and version.fingerprint == job.fingerprint and not everything:
        name = version.file_name or document.external_id.rsplit("/", 1)[-1]
        with suppress(ConnectorError):
            return Fetched(read_original(version.original), name)
    return connectors.of(document.source).fetch(document.external_id)
