"""The entailment model's real loading and reading of its outputs, on a tiny model made here."""

import json
from pathlib import Path

import pytest

from app.providers.entailment import CrossEncoderEntailment, get_entailment_model
from app.providers.errors import Refused
from app.providers.tests.test_reranker import tiny_model

PAIRS = [
    ("leave is twenty days", "leave is twenty days a year"),
    ("the printer is on the second floor", "how much leave"),
]


def named(folder, labels):
    path = Path(tiny_model(folder, outputs=len(labels)))
    config = json.loads((path / "config.json").read_text())
    config |= {"id2label": dict(enumerate(labels)), "label2id": {label: at for at, label in enumerate(labels)}}
    (path / "config.json").write_text(json.dumps(config))
    return str(path)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "nli"
    return CrossEncoderEntailment(named(folder, ["contradiction", "entailment", "neutral"]), threads=1)


def test_every_pair_has_an_inference_in_order(tiny):
    both = tiny.infer(PAIRS)
    assert [round(each.entailment, 5) for each in both] == [
        round(tiny.infer([pair])[0].entailment, 5) for pair in PAIRS
    ]
    assert all(0 <= each.entailment + each.contradiction <= 1 for each in both)
    assert tiny.infer([]) == []


def test_outputs_are_told_by_their_names_whatever_their_order(tiny, tmp_path):
    turned = CrossEncoderEntailment(named(tmp_path / "turned", ["Entailment", "neutral", "Contradiction"]), threads=1)
    assert turned.infer(PAIRS)[0].entailment == pytest.approx(tiny.infer(PAIRS)[0].contradiction, abs=1e-5)


def test_a_model_without_such_outputs_is_refused(tmp_path):
    with pytest.raises(Refused, match="entailment and contradiction"):
        CrossEncoderEntailment(tiny_model(tmp_path / "one", outputs=1)).infer(PAIRS)


def test_a_model_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(Refused, match="nowhere"):
        CrossEncoderEntailment(str(tmp_path / "nowhere")).infer(PAIRS)


def test_without_a_setting_there_is_none(settings):
    settings.ATTEST_ENTAILMENT_MODEL = ""
    get_entailment_model.cache_clear()
    assert get_entailment_model() is None
    get_entailment_model.cache_clear()
