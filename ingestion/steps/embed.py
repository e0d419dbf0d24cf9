"""Turns chunk drafts into rows to store: what is embedded, what is indexed by words, and the vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from app.corpus.index_text import index_text
from app.providers.errors import ProviderError
from app.providers.types import Encoder, Vectors
from ingestion.documents import ChunkDraft
from ingestion.errors import FailureReason, IngestionError

# Short passages are found better than long ones: nDCG@10 at 100 against 200 tokens of text is 0.923 against 0.918 on
# SQuAD and 0.727 against 0.704 on handbook pages (SciFact: 0.738 against 0.743);
# found offline with a simpler splitter, see docs/performance.md.
PASSAGE_TOKENS = 100
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
    return max(16, min(PASSAGE_TOKENS, int(encoder.max_tokens * (1 - PREFIX_SHARE))))


def embed(documents: Sequence[tuple[str, Sequence[ChunkDraft]]], encoder: Encoder) -> list[EmbeddedChunks]:
    """The chunks of several documents, each `(title, drafts)`, encoded together so that batches are full.

    Raises IngestionError when the encoder cannot be used.
    """
    texts = [[index_text(title, draft.heading_path, draft.text) for draft in drafts] for title, drafts in documents]
    try:
        vectors = encoder.encode_passages([embedded for each in texts for embedded, _ in each])
    except ProviderError as error:
        raise IngestionError(
            FailureReason.MODEL_UNAVAILABLE,
            f"The embedding model did not answer ({error}); the document is tried again by itself.",
            permanent=False,
        ) from error
    ends = list(accumulate((len(each) for each in texts), initial=0))
    return [
        EmbeddedChunks(list(drafts), [keyword for _, keyword in own], vectors[begin:end])
        for (_, drafts), own, (begin, end) in zip(documents, texts, pairwise(ends), strict=True)
    ]
