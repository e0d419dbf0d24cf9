"""What every implementation of a shape must do; its own test class inherits one of these and builds it."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing

import numpy as np
import pytest

from app.providers.types import ChatModel, Delta, Encoder, Finished, Message, Reranker

TEXTS = [
    "Leave is twenty days a year.",
    "",
    "The printer is on the second floor.",
    "Leave is twenty days a year.",
]


class EncoderContract:
    @pytest.fixture
    def encoder(self) -> Encoder:
        raise NotImplementedError

    def test_it_is_an_encoder_with_a_name(self, encoder):
        assert isinstance(encoder, Encoder)
        assert encoder.name
        assert "/" not in encoder.name

    def test_passages_come_back_as_unit_rows_in_order(self, encoder):
        vectors = encoder.encode_passages(TEXTS)
        assert vectors.shape == (len(TEXTS), encoder.dimensions)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
        np.testing.assert_allclose(vectors[0], vectors[3], atol=1e-3)
        assert not np.allclose(vectors[0], vectors[2], atol=1e-2)

    def test_no_passages_are_no_rows(self, encoder):
        assert encoder.encode_passages([]).shape == (0, encoder.dimensions)

    def test_many_passages_keep_their_order(self, encoder):
        texts = [f"Passage number {n} " + "and so on " * (n % 7) for n in range(130)]
        some = [3, 64, 129]
        np.testing.assert_allclose(
            encoder.encode_passages(texts)[some], encoder.encode_passages([texts[i] for i in some]), atol=2e-3
        )

    def test_a_query_is_one_unit_vector_that_nobody_can_spoil(self, encoder):
        vector = encoder.encode_query("How much leave do I get?")
        assert vector.shape == (encoder.dimensions,)
        assert vector.dtype == np.float32
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
        with pytest.raises(ValueError, match="read-only"):
            vector[0] = 7
        assert encoder.encode_query("How much leave do I get?") is vector

    def test_longer_text_has_more_tokens_and_all_of_them_count(self, encoder):
        assert encoder.count_tokens("") == 0
        assert encoder.count_tokens("one") <= encoder.count_tokens("one two three")
        assert encoder.count_tokens("word " * 5000) > encoder.max_tokens

    def test_several_threads_get_the_same_vectors(self, encoder):
        texts = [f"Question {n} about leave" for n in range(12)]
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(lambda text: encoder.encode_passages([text])[0], texts))
        np.testing.assert_allclose(np.array(together), encoder.encode_passages(texts), atol=2e-3)


class RerankerContract:
    @pytest.fixture
    def reranker(self) -> Reranker:
        raise NotImplementedError

    def test_it_is_a_reranker_with_a_name(self, reranker):
        assert isinstance(reranker, Reranker)
        assert reranker.name

    def test_each_text_has_a_score_between_zero_and_one(self, reranker):
        scores = reranker.score("How much leave?", TEXTS)
        assert len(scores) == len(TEXTS)
        assert all(isinstance(score, float) and 0 <= score <= 1 for score in scores)
        assert scores[0] == pytest.approx(scores[3], abs=1e-5)

    def test_a_score_does_not_depend_on_the_neighbours(self, reranker):
        alone = [reranker.score("How much leave?", [text])[0] for text in TEXTS]
        assert reranker.score("How much leave?", TEXTS) == pytest.approx(alone, abs=1e-4)

    def test_no_texts_are_no_scores(self, reranker):
        assert reranker.score("How much leave?", []) == []


class ChatModelContract:
    messages = [Message("system", "You answer briefly."), Message("user", "Say hello.")]

    @pytest.fixture
    def model(self) -> ChatModel:
        raise NotImplementedError

    def test_it_is_a_chat_model_with_a_name(self, model):
        assert isinstance(model, ChatModel)
        assert model.name

    async def test_deltas_come_first_and_one_finished_last(self, model):
        events = [event async for event in model.stream(self.messages, max_tokens=24, temperature=0)]
        *deltas, last = events
        assert deltas
        assert all(isinstance(delta, Delta) and delta.text for delta in deltas)
        assert isinstance(last, Finished)
        assert last.prompt_tokens > 0
        assert last.completion_tokens > 0
        assert last.reason in {"stop", "length"}

    async def test_hanging_up_early_is_fine_and_the_model_still_works(self, model):
        async with aclosing(model.stream(self.messages, max_tokens=24, temperature=0)) as events:
            assert isinstance(await anext(events), Delta)
        await self.test_deltas_come_first_and_one_finished_last(model)

    async def test_several_conversations_at_once(self, model):
        first = model.stream(self.messages, max_tokens=8, temperature=0)
        second = model.stream(self.messages, max_tokens=8, temperature=0)
        async with aclosing(first), aclosing(second):
            assert isinstance(await anext(first), Delta)
            assert isinstance(await anext(second), Delta)
