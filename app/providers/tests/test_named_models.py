"""Models and routes as an operator writes them, and a sentence for everything that is wrong."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from app.providers.named_models import Models, NamedModel, WrongModelsError, read_models

USUAL = NamedModel("", "", "", retries=1, context_tokens=9000)
DEFAULT = NamedModel("default", "http://127.0.0.1/v1", "usual")
GOOD = """
[models.large]
base_url = "https://llm.example.com/v1"
model = "large-instruct"
api_key_env = "LARGE_KEY"
max_concurrent = 8
first_token_s = 3.5

[models.small]
base_url = "http://10.0.0.7:8000/v1"
model = "small"

[routes]
answer = ["default", "large"]
answer_hard = ["large", "default"]
rewrite = ["small"]
"""


def read(text, *, has_default=True, keys=None):
    return read_models(text, USUAL, has_default=has_default, secret=lambda name: (keys or {}).get(name, ""))


def names(models, route, default=DEFAULT):
    return [each.name for each in models.route(route, default)]


def test_models_and_routes():
    models = read(GOOD, keys={"LARGE_KEY": "s3cret"})
    large = models.models["large"]
    assert (large.model, large.max_concurrent, large.first_token_s) == ("large-instruct", 8, 3.5)
    assert (large.retries, large.context_tokens) == (1, 9000), "what is not said comes from the LLM_ settings"
    assert large.api_key == "s3cret"
    assert "s3cret" not in repr(models)
    assert names(models, "answer") == ["default", "large"]
    assert names(models, "answer_hard") == ["large", "default"]
    assert names(models, "rewrite") == ["small"]
    assert names(models, "judge") == ["default", "large"], "what has no route goes as answers do"
    assert names(models, "cheap") == ["large"], "without a route the last one of the chain is the cheap one"


def test_without_routes_the_default_is_asked_first():
    models = read('[models.spare]\nbase_url = "http://x/v1"\nmodel = "m"')
    assert names(models, "answer") == ["default", "spare"]
    assert names(models, "answer", default=None) == ["spare"]


def test_without_anything_there_is_only_the_default():
    assert names(Models(), "answer") == ["default"]
    assert names(Models(), "cheap") == ["default"]
    assert names(Models(), "answer", default=None) == []


def test_a_model_on_trial_is_left_out_of_every_route_until_it_is_used():
    models = read(GOOD.replace("max_concurrent = 8", "trial = true"), keys={"LARGE_KEY": "s3cret"})
    large = models.models["large"]
    settled = models.settled(())
    assert (names(settled, "answer"), names(settled, "answer_hard")) == (["default"], ["default"])
    assert names(models.settled([large.version]), "answer_hard") == ["large", "default"]
    assert names(models.settled(["large@00000000"]), "answer") == ["default"], "another version of it was put in use"
    alone = read('[models.a]\nbase_url = "http://x/v1"\nmodel = "m"\ntrial = true\n[routes]\nrewrite = ["a"]')
    assert names(alone.settled(()), "rewrite") == ["default"], "a route that would be empty goes as answers do"
    assert names(alone.settled(()), "answer", default=None) == []


def test_a_version_is_of_the_address_and_the_vendors_model():
    large = NamedModel("large", "http://x/v1", "m")
    assert large.version.startswith("large@")
    assert large.version == replace(large, api_key="other", retries=0, trial=True).version
    assert large.version != replace(large, base_url="http://y/v1").version != replace(large, model="n").version


MODEL = '[models.a]\nbase_url = "http://x/v1"\nmodel = "m"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("models = [", "is not TOML"),
        ("[modles.a]", 'has a section "modles"'),
        ("models = 3", "has [models], but it must be a table"),
        ('[models.a]\nmodel = "m"', "needs models.a.base_url"),
        ('[models.a]\nbase_url = "x"\nmodel = "m"', "starts with http:// or https://"),
        ('[models.default]\nbase_url = "http://x"\nmodel = "m"', 'names a model "default"'),
        ('[models."a b"]\nbase_url = "http://x"\nmodel = "m"', 'names a model "a b"'),
        (MODEL + 'api_key = "s3cret"', 'has in [models.a] "api_key"'),
        (MODEL + 'api_key_env = "NO_SUCH"', "neither NO_SUCH nor NO_SUCH_FILE is set"),
        (MODEL + "first_token_s = 0", "between 0.1 and 600"),
        (MODEL + "retries = 1.5", "a whole number between 0 and 10"),
        (MODEL + "retries = true", "a whole number"),
        (MODEL + 'trial = "yes"', "has models.a.trial = 'yes', but it must be true or false"),
        (MODEL + 'total_s = "long"', "must be a number between 1 and 3600"),
        (MODEL + '[routes]\nanswers = ["a"]', 'has a route "answers"'),
        (MODEL + '[routes]\nanswer = "a"', "must be a list of model names"),
        (MODEL + "[routes]\nanswer = []", "must be a list of model names"),
        (MODEL + '[routes]\nanswer = ["b"]', 'routes.answer with "b", but the models are a, default'),
    ],
)
def test_what_is_wrong_is_said(text, said):
    with pytest.raises(WrongModelsError) as caught:
        read(text)
    assert said in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_the_default_cannot_be_routed_to_where_there_is_none():
    with pytest.raises(WrongModelsError, match="the models are a"):
        read(MODEL + '[routes]\nanswer = ["default"]', has_default=False)


def started(**environ):
    command = [sys.executable, "-c", "import app.settings as s; print(s.ATTEST_MODELS)"]
    return subprocess.run(command, env=os.environ | environ, capture_output=True, text=True, check=False)


def test_a_wrong_value_stops_the_start_with_a_sentence_that_names_it(tmp_path):
    ended = started(ATTEST_MODELS=MODEL + "[routes]\nanswer = ['b']")
    assert ended.returncode != 0
    assert 'ATTEST_MODELS has routes.answer with "b", but the models are a.' in ended.stderr
    file = tmp_path / "models.toml"
    file.write_text(GOOD.replace('"default", ', "").replace(', "default"', ""))
    key = tmp_path / "key"
    key.write_text("s3cret\n")
    ended = started(ATTEST_MODELS_FILE=str(file), LARGE_KEY_FILE=str(key))
    assert ended.returncode == 0, ended.stderr
    assert "large-instruct" in ended.stdout
    assert "s3cret" not in ended.stdout
