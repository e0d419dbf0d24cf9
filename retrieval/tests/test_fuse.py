"""One score out of two branches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.fuse import (
    DOCUMENT_WEIGHT,
    KEYWORD_WEIGHT,
    PROXIMITY_WEIGHT,
    SEMANTIC_WEIGHT,
    SENTENCE_WEIGHT,
    WORDING_WEIGHT,
    Candidate,
    fuse,
)

MEANING_WEIGHT = SEMANTIC_WEIGHT + SENTENCE_WEIGHT

candidates_strategy = st.lists(
    st.builds(
        Candidate,
        st.integers(1, 50),
        st.integers(1, 5),
        st.floats(-1, 1, allow_nan=False),
        st.floats(0, 40, allow_nan=False),
    ),
    max_size=20,
    unique_by=lambda candidate: candidate.chunk_id,
)


def ids(ranked):
    return [item.chunk_id for item in ranked]


def test_nothing_found_is_nothing_ranked():
    assert fuse([]) == []


def test_the_score_weighs_cosine_and_bm25_relative_to_the_strongest():
    first, second = fuse([Candidate(1, 1, 0.8, 10.0), Candidate(2, 2, 0.4, 5.0)])
    assert first.score == pytest.approx(MEANING_WEIGHT * 0.8 + KEYWORD_WEIGHT)
    assert second.score == pytest.approx(MEANING_WEIGHT * 0.4 + KEYWORD_WEIGHT * 0.5)


def test_a_query_without_known_words_ranks_by_meaning():
    assert ids(fuse([Candidate(1, 1, 0.2, 0.0), Candidate(2, 2, 0.6, 0.0)])) == [2, 1]


def test_words_standing_together_lift_a_chunk():
    pair = [Candidate(1, 1, 0.5, 4.0), Candidate(2, 2, 0.5, 4.0)]
    assert ids(fuse(pair)) == [1, 2]
    lifted = fuse(pair, {2: 1.0})
    assert ids(lifted) == [2, 1]
    assert lifted[0].score - lifted[1].score == pytest.approx(PROXIMITY_WEIGHT)


def test_the_questions_own_wording_lifts_a_chunk():
    lifted = fuse([Candidate(1, 1, 0.5, 4.0), Candidate(2, 2, 0.5, 4.0)], {}, {1: 0.25, 2: 0.75})
    assert ids(lifted) == [2, 1]
    assert lifted[0].score - lifted[1].score == pytest.approx(WORDING_WEIGHT * 0.5)


def test_a_sentence_nearer_than_its_chunk_lifts_it():
    lifted = fuse([Candidate(1, 1, 0.5, 4.0), Candidate(2, 2, 0.5, 4.0)], {}, {}, {2: 0.9})
    assert ids(lifted) == [2, 1]
    assert lifted[0].score - lifted[1].score == pytest.approx(SENTENCE_WEIGHT * 0.4)


def test_a_second_good_passage_lifts_its_document():
    ranked = fuse([Candidate(1, 1, 0.5, 0.0), Candidate(2, 2, 0.5, 0.0), Candidate(3, 2, 0.4, 0.0)])
    assert ids(ranked) == [2, 1, 3]
    assert ranked[0].score - ranked[1].score == pytest.approx(DOCUMENT_WEIGHT * MEANING_WEIGHT * 0.4)


@given(candidates_strategy, st.randoms())
def test_the_order_of_the_candidates_does_not_matter(candidates, random):
    shuffled = random.sample(candidates, len(candidates))
    assert ids(fuse(shuffled)) == ids(fuse(candidates))


@given(candidates_strategy)
def test_every_candidate_comes_out_once_best_first(candidates):
    ranked = fuse(candidates)
    assert sorted(ids(ranked)) == sorted(candidate.chunk_id for candidate in candidates)
    assert [item.score for item in ranked] == sorted((item.score for item in ranked), reverse=True)
