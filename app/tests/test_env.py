"""What the typed readers accept, refuse and remember."""

from pathlib import Path

import pytest

from app.env import ConfigurationError, Env, configuration_table


def refusal(read, **environ: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(Env(environ))
    return str(caught.value)


def test_an_unset_or_empty_variable_gives_the_default():
    assert Env({}).int("ATTEST_PORT", 8000) == 8000
    assert Env({"ATTEST_PORT": ""}).int("ATTEST_PORT", 8000) == 8000


def test_every_kind_is_read(tmp_path: Path):
    env = Env(
        {
            "TEXT": "a b",
            "WHOLE": "42",
            "NUMBER": "0.5",
            "FLAG": "Off",
            "LIST": "a, b,,c ",
            "FOLDER": str(tmp_path),
            "ADDRESS": "http://localhost:8080/v1",
            "ADDRESSES": "http://a/v1, https://b/v1",
            "LEVEL": "INFO",
        }
    )
    assert env.str("TEXT") == "a b"
    assert env.int("WHOLE", 0) == 42
    assert env.float("NUMBER", 0.0) == 0.5
    assert env.bool("FLAG", True) is False
    assert env.list("LIST") == ["a", "b", "c"]
    assert env.path("FOLDER", Path("/")) == tmp_path
    assert env.url("ADDRESS") == "http://localhost:8080/v1"
    assert env.urls("ADDRESSES") == ["http://a/v1", "https://b/v1"]
    assert env.urls("NONE") == []
    assert env.choice("LEVEL", ["INFO", "DEBUG"], "DEBUG") == "INFO"


def test_a_value_may_come_from_a_file(tmp_path: Path):
    (tmp_path / "key").write_text("s3cret\n")
    assert Env({"LLM_API_KEY_FILE": str(tmp_path / "key")}).secret("LLM_API_KEY") == "s3cret"


def test_a_value_and_a_file_for_it_contradict_each_other(tmp_path: Path):
    sentence = refusal(lambda env: env.str("X"), X="a", X_FILE=str(tmp_path))
    assert sentence == "X and X_FILE are both set; set only one of them."


def test_a_file_that_cannot_be_read_is_named():
    sentence = refusal(lambda env: env.str("X"), X_FILE="/nowhere/x")
    assert sentence == 'X_FILE is "/nowhere/x", but that file cannot be read: No such file or directory.'


@pytest.mark.parametrize(
    ("read", "value", "sentence"),
    [
        (lambda e: e.int("X", 1), "ten", 'X is "ten", but it must be a whole number.'),
        (lambda e: e.int("X", 1, min=1, max=9), "10", 'X is "10", but it must be between 1 and 9.'),
        (lambda e: e.int("X", 1, min=1), "0", 'X is "0", but it must be at least 1.'),
        (lambda e: e.float("X", 1, max=2), "2.5", 'X is "2.5", but it must be at most 2.'),
        (lambda e: e.float("X", 1, max=2), "nan", 'X is "nan", but it must be a number.'),
        (lambda e: e.float("X", 1), "inf", 'X is "inf", but it must be a number.'),
        (lambda e: e.bool("X", True), "maybe", 'X is "maybe", but it must be true or false.'),
        (lambda e: e.choice("X", ["a", "b"], "a"), "c", 'X is "c", but it must be one of a, b.'),
        (
            lambda e: e.urls("X"),
            "http://a, b",
            'X is "http://a, b", but it must be an address that starts with http:// or https://.',
        ),
        (
            lambda e: e.url("X"),
            "localhost:80",
            'X is "localhost:80", but it must be an address that starts with http:// or https://.',
        ),
    ],
)
def test_a_wrong_value_is_refused_in_one_sentence(read, value: str, sentence: str):
    assert refusal(read, X=value) == sentence


def test_a_wrong_secret_is_not_repeated():
    sentence = refusal(
        lambda env: env.url("DATABASE_URL", schemes=["postgresql"], secret=True),
        DATABASE_URL="mysql://u:pw@h",
    )
    assert sentence == "DATABASE_URL has a value, but it must be an address that starts with postgresql://."


def test_a_mistyped_setting_is_noticed_and_the_right_one_suggested():
    env = Env({"ATTEST_PROT": "8001", "ATTEST_PORT_FILE": "", "OTHER": "x"})
    env.int("ATTEST_PORT", 8000)
    assert env.unknown() == ["ATTEST_PROT is not a setting; did you mean ATTEST_PORT?"]
    with pytest.raises(ConfigurationError, match="ATTEST_PROT"):
        env.refuse_unknown()


def test_what_was_read_is_documented_without_secrets():
    env = Env({"KEY": "hidden"})
    env.secret("KEY", "fallback", help="Opens it.")
    env.int("PORT", 8000, min=1, help="Where.")
    assert configuration_table(env.documented()).splitlines()[2:] == [
        "| `KEY` | secret |  | Opens it. |",
        "| `PORT` | whole number, at least 1 | `8000` | Where. |",
    ]
