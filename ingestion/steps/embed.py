"""Turns chunk drafts into rows to store: what is embedded, what is indexed by words, and the vectors."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.corpus.index_text import index_text
from app.providers.errors import ProviderError
from app.providers.types import Encoder, Vectors
from ingestion.documents import ChunkDraft
from ingestion.errors import FailureReason, IngestionError

# Room for the title and headings that go in front of a passage before it is embedded.
PREFIX_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class EmbeddedChunks:
    """`vectors` has shape [len(drafts), dimensions]; `keyword_texts` is what the word index reads."""

    drafts: list[ChunkDraft]
    keyword_texts: list[str]
    vectors: Vectors


def passage_tokens(encoder: Encoder) -> int:
    """How long a passage may be so that it fits the encoder together with its title and headings."""
    return max(16, int(encoder.max_tokens * (1 - PREFIX_SHARE)))


def embed(title: str, drafts: Sequence[ChunkDraft], encoder: Encoder) -> EmbeddedChunks:
    """Raises IngestionError when the encoder cannot be used."""
    texts = [index_text(title, draft.heading_path, draft.text) for draft in drafts]
    try:
        vectors = encoder.encode_passages([embedded for embedded, _ in texts])
    except ProviderError as error:
        raise IngestionError(
            FailureReason.MODEL_UNAVAILABLE,
            f"The embedding model did not answer ({error}); the document is tried again by itself.",
            permanent=False,
        ) from error
    return EmbeddedChunks(list(drafts), [keyword for _, keyword in texts], vectors)
