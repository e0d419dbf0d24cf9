"""The encoders keep their contract, and the local one gives the vectors of sentence-transformers itself."""

import subprocess
import sys

import numpy as np
import pytest

from app.providers.errors import Malformed, Refused, Unavailable
from app.providers.openai_encoder import OpenAIEncoder
from app.providers.sentence_transformers_encoder import SentenceTransformersEncoder
from app.providers.tests.contracts import TEXTS, EncoderContract

MANY = [
    *TEXTS,
    " padded ",
    "Ünïcode 漢字 🙂",
    *(f"Rule {n}: " + "the manager agrees. " * n for n in range(40)),
]


@pytest.fixture(scope="module")
def local():
    return SentenceTransformersEncoder(threads=1)


@pytest.fixture(scope="module")
def reference(local):
    """The library itself, on the same weights."""
    local.encode_query("load")
    return local._model()._model


class TestSentenceTransformersEncoder(EncoderContract):
    @pytest.fixture
    def encoder(self, local):
        return local


class TestOpenAIEncoder(EncoderContract):
    @pytest.fixture
    def encoder(self, misbehaving):
        return remote(misbehaving, "mock-dim16")


def remote(server, name, dimensions=16):
    return OpenAIEncoder(name, base_url=server.url, api_key="", dimensions=dimensions)


def test_passages_equal_the_librarys_own(local, reference):
    expected = reference.encode(MANY, batch_size=32, normalize_embeddings=True)
    np.testing.assert_allclose(local.encode_passages(MANY), expected, atol=1e-5)


@pytest.mark.parametrize("text", ["How much leave do I get?", "", "x" * 3000, "Grüße aus Köln"])
def test_a_query_equals_the_librarys_own(local, reference, text):
    assert local.encode_query(text) @ reference.encode_query(text) > 0.99999


def test_what_fits_by_count_is_not_cut(local):
    fitting = "word " * local.max_tokens
    assert local.count_tokens(fitting) == local.max_tokens
    cut, whole = local.encode_passages([fitting + "leave", fitting]), local.encode_passages([fitting])
    np.testing.assert_allclose(cut[0], whole[0], atol=1e-5)
    shorter = "word " * (local.max_tokens - 1)
    assert not np.allclose(local.encode_query(shorter + "leave"), local.encode_query(shorter + "word"), atol=1e-4)


def test_a_model_with_prompts_gets_them(local, tmp_path, reference):
    prompts = {"query": "query: ", "document": "passage: "}
    reference.save(str(tmp_path / "prompted"))
    config = tmp_path / "prompted" / "config_sentence_transformers.json"
    config.write_text(
        config.read_text()
        .replace('"query": ""', '"query": "query: "')
        .replace('"document": ""', '"document": "passage: "')
    )
    encoder = SentenceTransformersEncoder(str(tmp_path / "prompted"))
    assert encoder.name == "prompted"
    assert encoder.encode_query("leave") @ local.encode_query(prompts["query"] + "leave") > 0.99999
    expected = local.encode_passages([prompts["document"] + text for text in TEXTS])
    np.testing.assert_allclose(encoder.encode_passages(TEXTS), expected, atol=1e-5)


def test_sentences_come_from_the_same_pass_and_mean_what_they_say(local):
    text = "The pump weighs forty kilograms. Holidays are asked for in the portal."
    border = text.index(" Holidays")
    passages, (rows,) = local.encode_sentences([text], [[(0, border), (border + 1, len(text)), (5000, 5010)]])
    np.testing.assert_allclose(passages, local.encode_passages([text]), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 1, 0], atol=1e-5)
    heavy, holiday = rows[:2] @ local.encode_query("How heavy is the pump?")
    assert heavy > holiday
    heavy, holiday = rows[:2] @ local.encode_query("Where do I apply for vacation?")
    assert holiday > heavy


def test_sentences_of_many_passages_stay_with_their_passage(local):
    spans = [[(0, len(text))] for text in MANY]
    passages, rows = local.encode_sentences(MANY, spans)
    np.testing.assert_allclose(passages, local.encode_passages(MANY), atol=1e-5)
    assert [each.shape for each in rows] == [(1, local.dimensions)] * len(MANY)
    alone = [local.encode_sentences([text], [span])[1][0] for text, span in zip(MANY[:5], spans, strict=False)]
    np.testing.assert_allclose(np.stack(rows[:5]), np.stack(alone), atol=1e-5)


def test_a_model_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(Refused, match="nowhere"):
        SentenceTransformersEncoder(str(tmp_path / "nowhere")).encode_query("hi")


def test_torch_is_not_imported_before_first_use():
    program = (
        "import sys, app.providers.registry, app.providers.openai_chat, app.providers.cross_encoder_reranker;"
        "from app.providers.sentence_transformers_encoder import SentenceTransformersEncoder as E; E().name;"
        "sys.exit(bool({'torch', 'sentence_transformers', 'transformers'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_real_server_embeds_each_text_in_its_place(llama_embeddings_url):
    encoder = OpenAIEncoder("smollm2", base_url=llama_embeddings_url, api_key="", dimensions=576)
    texts = ["Leave is twenty days a year.", "The printer is on the second floor.", "zx qv 17"]
    passages = encoder.encode_passages(texts)
    np.testing.assert_allclose(np.linalg.norm(passages, axis=1), 1, atol=1e-5)
    # Quantized weights give slightly other vectors in other batches, so only the nearest is certain.
    assert [int(np.argmax(passages @ encoder.encode_query(text))) for text in texts] == [0, 1, 2]


def test_another_size_than_configured_is_refused_with_what_to_do(misbehaving):
    with pytest.raises(Refused, match="ATTEST_ENCODER_DIMENSIONS is 384. Set it to 16"):
        remote(misbehaving, "mock-dim16", dimensions=384).encode_query("hi")


@pytest.mark.parametrize(
    ("name", "kind"), [("mock-500", Unavailable), ("mock-401", Refused), ("mock-empty", Malformed)]
)
def test_a_failing_endpoint_has_its_error(misbehaving, name, kind):
    with pytest.raises(kind):
        remote(misbehaving, name).encode_passages(["hi"])
