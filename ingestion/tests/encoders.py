"""Encoders for tests: fast, made of words alone, and counting what they are asked to embed."""

import hashlib
import re
from collections.abc import Sequence

import numpy as np

from app.providers.types import Vectors


class CountingEncoder:
    """Texts that share words lie near each other. `embedded` lists every passage it was given."""

    max_tokens = 256

    def __init__(self, name: str, dimensions: int) -> None:
        self.name = name
        self.dimensions = dimensions
        self.embedded: list[str] = []

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.embedded += texts
        return np.array([self._vector(text) for text in texts], dtype=np.float32).reshape(-1, self.dimensions)

    def encode_query(self, text: str) -> Vectors:
        return self._vector(text)

    def _vector(self, text: str) -> Vectors:
        vector = np.full(self.dimensions, 0.01, dtype=np.float32)
        for word in re.findall(r"\w+", text.lower()):
            vector[hashlib.sha256(f"{self.name}{word}".encode()).digest()[0] % self.dimensions] += 1
        unit: Vectors = vector / np.linalg.norm(vector)
        return unit
