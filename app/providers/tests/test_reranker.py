"""The cross-encoder's real loading and scoring, on a tiny model made here."""

import pytest

from app.providers.cross_encoder_reranker import CrossEncoderReranker
from app.providers.errors import Refused
from app.providers.tests.contracts import RerankerContract

TEXT = "leave is twenty days a year the printer on second floor how much . ?"


def tiny_model(folder, outputs):
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *TEXT.split()]
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(words))
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        num_labels=outputs,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizerFast(vocab=str(folder / "vocab.txt"), model_max_length=64).save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return CrossEncoderReranker(tiny_model(tmp_path_factory.mktemp("models") / "tiny", outputs=1), threads=1)


class TestCrossEncoderReranker(RerankerContract):
    @pytest.fixture
    def reranker(self, tiny):
        return tiny


def test_different_texts_have_different_scores(tiny):
    first, second = tiny.score("how much leave", ["leave is twenty days", "the printer is on the second floor"])
    assert first != pytest.approx(second, abs=1e-6)


def test_a_classifier_with_several_outputs_is_refused(tmp_path):
    with pytest.raises(Refused, match="3 outputs"):
        CrossEncoderReranker(tiny_model(tmp_path / "three", outputs=3)).score("a", ["b"])


def test_a_model_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(Refused, match="nowhere"):
        CrossEncoderReranker(str(tmp_path / "nowhere")).score("a", ["b"])
