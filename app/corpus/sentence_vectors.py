"""What the sentences of a chunk mean, kept as bytes: one signed byte for each dimension.

Only the direction counts, so each row is scaled to use the whole range; 384 dimensions take 384
bytes a sentence, and a cosine is off by less than 0.01.
"""

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
RANGE = 127


def packed(rows: Vectors) -> bytes:
    """Rows [sentences, dimensions] as bytes; rows of zero are left out."""
    largest = np.abs(rows).max(axis=1, initial=0.0)
    kept = rows[largest > 0] / largest[largest > 0, None]
    return np.rint(kept * RANGE).astype(np.int8).tobytes()


def nearest_sentence(data: bytes, query: Vectors) -> float | None:
    """The highest cosine of any row with `query` [dimensions], a unit vector; None without rows of that width."""
    if not data or len(data) % len(query):
        return None
    rows = np.frombuffer(data, dtype=np.int8).reshape(-1, len(query)).astype(np.float32)
    return float((rows @ query / np.linalg.norm(rows, axis=1)).max())
