"""Documents that people uploaded. Their originals are ours to keep, so this source lists what it holds."""

from collections.abc import Iterator

from app.corpus.models import Document
from ingestion.connectors.base import ConnectorKind, Fetched, Item, ItemVanished
from ingestion.originals import read_original


class UploadConnector:
    """A document's fingerprint is the SHA-256 of the bytes that were uploaded last."""

    def __init__(self, source_id: int) -> None:
        self.source_id = source_id

    def items(self) -> Iterator[Item]:
        for document in Document.objects.filter(source_id=self.source_id).order_by("external_id").iterator():
            yield Item(document.external_id, document.fingerprint, modified_at=document.modified_at)

    def fetch(self, external_id: str) -> Fetched:
        document = Document.objects.filter(source_id=self.source_id, external_id=external_id).first()
        if document is None:
            raise ItemVanished(external_id)
        return Fetched(read_original(document.fingerprint), external_id.rsplit("/", 1)[-1])

    def test(self) -> str:
        count = Document.objects.filter(source_id=self.source_id).count()
        return f"{count} file{'' if count == 1 else 's'}; people upload them, so there is nothing to connect to"


KIND = ConnectorKind(
    kind="upload",
    label="Uploads",
    description="Files that people upload here.",
    settings=(),
    build=lambda connection: UploadConnector(connection.source_id),
)
