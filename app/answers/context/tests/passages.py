"""Documents made of numbered chunks, and passages of them, without a database."""

from collections.abc import Sequence
from dataclasses import replace

from retrieval.neighbours import Neighbour
from retrieval.passage import Passage


def passage(
    chunk_id: int, text: str, *, document: int = 1, start: int = 0, score: float = 1.0, rank: int = 1
) -> Passage:
    return Passage(
        chunk_id=chunk_id, document_id=document, version_id=document, external_id=f"{document}.md",
        title=f"Document {document}", url="", source="Handbook", heading_path=("Rules",), page=None, start=start,
        end=start + len(text), text=text, updated_at=None, checked_at=None, valid_until=None, is_stale=False,
        semantic=0.5, keyword=1.0, score=score, rank=rank,
    )  # fmt: skip


def chunked(document: int, texts: Sequence[str], *, gap: str = "\n\n") -> tuple[str, list[Neighbour]]:
    """A stored text and its chunks, which follow upon each other; chunk ids are `document * 100 + ordinal`."""
    chunks: list[Neighbour] = []
    at = 0
    for ordinal, text in enumerate(texts):
        is_last = ordinal == len(texts) - 1
        chunks.append(
            Neighbour(
                document * 100 + ordinal,
                document,
                ordinal,
                ("Rules",),
                None,
                at,
                at + len(text),
                text,
                None if is_last else gap,
            )  # fmt: skip
        )
        at += len(text) + len(gap)
    return gap.join(texts), chunks


def hit(chunk: Neighbour, *, score: float = 1.0, rank: int = 1) -> Passage:
    base = passage(chunk.chunk_id, chunk.text, document=chunk.version_id, start=chunk.start, score=score, rank=rank)
    return replace(base, heading_path=chunk.heading_path, end=chunk.end)
