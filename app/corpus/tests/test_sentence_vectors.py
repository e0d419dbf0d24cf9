"""Sentence vectors as bytes."""

import numpy as np
import pytest

from app.corpus.sentence_vectors import nearest_sentence, packed


def unit(rng, rows, width=384):
    made = rng.normal(size=(rows, width)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def test_the_nearest_sentence_is_found_again_within_a_hundredth():
    rng = np.random.default_rng(1)
    rows, query = unit(rng, 5), unit(rng, 1)[0]
    data = packed(rows)
    assert len(data) == 5 * 384
    assert nearest_sentence(data, query) == pytest.approx(float((rows @ query).max()), abs=0.01)
    assert nearest_sentence(packed(query[None]), query) == pytest.approx(1.0, abs=0.01)


def test_a_sentence_without_tokens_is_left_out():
    rows = np.zeros((2, 4), dtype=np.float32)
    assert packed(rows) == b""
    rows[1] = [0, 1, 0, 0]
    assert nearest_sentence(packed(rows), rows[1]) == pytest.approx(1.0)


def test_without_rows_or_with_another_models_width_there_is_no_answer():
    query = np.ones(4, dtype=np.float32) / 2
    assert nearest_sentence(b"", query) is None
    assert nearest_sentence(bytes(6), query) is None
