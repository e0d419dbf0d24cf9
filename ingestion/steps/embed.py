"""Turns chunk drafts into rows to store: what is embedded, what is indexed by words, and the vectors.

A text whose embedding is known is not embedded again, and one that occurs twice is embedded once.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from uuid import UUID

import numpy as np

from app.corpus.index_text import index_text
from app.corpus.sentence_vectors import packed
from app.corpus.sentences import split
from app.providers.errors import ProviderError
from app.providers.types import Encoder, SentenceEncoder, Vectors
from ingestion.documents import ChunkDraft
from ingestion.errors import FailureReason, IngestionError
from ingestion.steps.reuse import Embedding, embedding_key

# Short passages are found better than long ones: nDCG@10 at 100 against 200 tokens of text is 0.923 against 0.918 on
# SQuAD and 0.727 against 0.704 on handbook pages (SciFact: 0.738 against 0.743);
# found offline with a simpler splitter, see docs/performance.md.
PASSAGE_TOKENS = 100
# Room for the title and headings that go in front of a passage before it is embedded.
PREFIX_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class EmbeddedChunks:
    """`vectors` has shape [len(drafts), dimensions]; `keyword_texts` is what the word index reads.

    `keys` name the embeddings for reuse; without any, they are not reused. `sentences` are the vectors of each
    chunk's sentences as bytes; without any, none are stored.
    """

    drafts: list[ChunkDraft]
    keyword_texts: list[str]
    vectors: Vectors
    keys: list[UUID] = field(default_factory=list)
    sentences: list[bytes] = field(default_factory=list)


Known = Callable[[Collection[UUID]], Mapping[UUID, Embedding]]


def passage_tokens(encoder: Encoder) -> int:
    """How long a passage may be so that it fits the encoder together with its title and headings."""
    return max(16, min(PASSAGE_TOKENS, int(encoder.max_tokens * (1 - PREFIX_SHARE))))


def embed(
    documents: Sequence[tuple[str, Sequence[ChunkDraft]]], encoder: Encoder, known: Known
) -> list[EmbeddedChunks]:
    """The chunks of several documents, each `(title, drafts)`, encoded together so that batches are full.

    `known` returns the embeddings there are already. Raises IngestionError when the encoder cannot be used.
    """
    texts = [[index_text(title, draft.heading_path, draft.text) for draft in drafts] for title, drafts in documents]
    try:
        keys, found = _encoded([embedded for each in texts for embedded, _ in each], encoder, known)
    except ProviderError as error:
        raise IngestionError(
            FailureReason.MODEL_UNAVAILABLE,
            f"The embedding model did not answer ({error}); the document is tried again by itself.",
            permanent=False,
        ) from error
    ends = list(accumulate((len(each) for each in texts), initial=0))
    return [
        EmbeddedChunks(
            drafts=list(drafts),
            keyword_texts=[keyword for _, keyword in own],
            vectors=_stacked([each.vector for each in found[begin:end]], encoder),
            keys=keys[begin:end],
            sentences=[each.sentences for each in found[begin:end]],
        )
        for (_, drafts), own, (begin, end) in zip(documents, texts, pairwise(ends), strict=True)
    ]


def _encoded(texts: Sequence[str], encoder: Encoder, known: Known) -> tuple[list[UUID], list[Embedding]]:
    """Keys and embeddings in the order of `texts`."""
    keys = [embedding_key(encoder, text) for text in texts]
    distinct = dict(zip(keys, texts, strict=True))
    found = dict(known(distinct.keys()))
    missing = {key: text for key, text in distinct.items() if key not in found}
    if missing:
        found |= zip(missing, _new(list(missing.values()), encoder), strict=True)
    return keys, [found[key] for key in keys]


def _new(texts: Sequence[str], encoder: Encoder) -> list[Embedding]:
    if not isinstance(encoder, SentenceEncoder):
        return [Embedding(vector, b"") for vector in encoder.encode_passages(texts)]
    vectors, sentences = encoder.encode_sentences(texts, [_spans(text) for text in texts])
    return [Embedding(vector, packed(rows)) for vector, rows in zip(vectors, sentences, strict=True)]


def _spans(text: str) -> list[tuple[int, int]]:
    """Where the sentences stand; the line of title and headings in front of them states nothing."""
    body = text.find("\n") + 1
    return [(body + each.start, body + each.end) for each in split(text[body:])]


def _stacked(vectors: Sequence[Vectors], encoder: Encoder) -> Vectors:
    return np.stack(vectors) if vectors else np.empty((0, encoder.dimensions), np.float32)
