"""A passage: a chunk that search found, or neighbouring ones joined, with where it stands and why it ranks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.corpus.access import Reader
from app.corpus.models import Chunk
from retrieval.fuse import Scored


@dataclass(frozen=True, slots=True)
class Passage:
    """`start` and `end` are character offsets into the version's stored text; `semantic` is a cosine.

    `text` is the stored text between them, with the header row in front where it begins inside a table.
    """

    chunk_id: int
    document_id: int
    version_id: int
    external_id: str
    title: str
    url: str
    source: str
    heading_path: tuple[str, ...]
    page: int | None
    start: int
    end: int
    text: str
    updated_at: datetime | None
    checked_at: datetime | None
    valid_until: date | None
    is_stale: bool
    semantic: float
    keyword: float
    score: float
    rank: int

    @property
    def section(self) -> str:
        return " › ".join(self.heading_path)

    def quoted(self, start: int, end: int) -> tuple[str, int, int]:
        """The words of `text[start:end]` as they stand in the stored text, and where: a repeated header is left out."""
        repeated = len(self.text) - (self.end - self.start)
        start, end = (min(max(at, repeated), len(self.text)) for at in (start, end))
        return self.text[start:end], self.start + start - repeated, self.start + end - repeated


def load_passages(ranked: Sequence[Scored], reader: Reader) -> list[Passage]:
    """The passages for `ranked`, in that order. A chunk that has gone or was closed meanwhile is left out."""
    chunks = (
        Chunk.objects.readable_by(reader)
        .filter(pk__in=[item.chunk_id for item in ranked])
        .select_related("document__source")
        .defer("embedding", "terms", "weights")
    )
    found = {chunk.pk: chunk for chunk in chunks}
    present = [item for item in ranked if item.chunk_id in found]
    return [passage_of(found[item.chunk_id], item, rank) for rank, item in enumerate(present, start=1)]


def passage_of(chunk: Chunk, scored: Scored, rank: int) -> Passage:
    document = chunk.document
    return Passage(
        chunk_id=chunk.pk,
        document_id=document.pk,
        version_id=chunk.version_id,
        external_id=document.external_id,
        title=document.title or document.external_id,
        url=document.url,
        source=document.source.name,
        heading_path=tuple(chunk.heading_path),
        page=chunk.page,
        start=chunk.start,
        end=chunk.end,
        text=chunk.text,
        updated_at=document.modified_at,
        checked_at=document.checked_at,
        valid_until=document.valid_until,
        is_stale=document.is_stale(),
        semantic=scored.semantic,
        keyword=scored.keyword,
        score=scored.score,
        rank=rank,
    )
