"""An evaluation set as a source, so that it goes through the same ingestion as everything else."""

import hashlib
from collections.abc import Iterator

from evals.external import Dataset, SetDocument
from ingestion.connectors.base import ConnectorKind, Fetched, Item, ItemVanished

ENDING = ".md"


class DatasetConnector:
    """External ids are the set's own document ids; each document is a Markdown file under its title."""

    def __init__(self, dataset: Dataset) -> None:
        self._documents = {document.doc_id: document for document in dataset.documents if document.text.strip()}

    def items(self) -> Iterator[Item]:
        for doc_id, document in self._documents.items():
            yield Item(doc_id, hashlib.sha256(as_markdown(document)).hexdigest())

    def fetch(self, external_id: str) -> Fetched:
        if external_id not in self._documents:
            raise ItemVanished(external_id)
        return Fetched(as_markdown(self._documents[external_id]), external_id.removesuffix(ENDING) + ENDING)

    def test(self) -> str:
        return f"{len(self._documents)} documents"


def kind_of_dataset(dataset: Dataset) -> ConnectorKind:
    return ConnectorKind(
        kind="dataset", label="Evaluation set", description="Documents of an evaluation set.", settings=(),
        build=lambda _: DatasetConnector(dataset), offered=False, keeps_originals=False,
    )  # fmt: skip


def as_markdown(document: SetDocument) -> bytes:
    title = " ".join(document.title.split())
    return f"# {title}\n\n{document.text}\n".encode() if title else document.text.encode()
