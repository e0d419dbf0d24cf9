"""Which chat models there are and which is asked for what, as `ATTEST_MODELS` says in TOML. Pure.

    [models.large]
    base_url = "https://llm.example.com/v1"
    model = "large-instruct"
    api_key_env = "LARGE_KEY"      # the variable LARGE_KEY, or the file that LARGE_KEY_FILE names
    max_concurrent = 8

    [routes]
    answer = ["default", "large"]  # "default" is the model of LLM_MODEL
    answer_hard = ["large", "default"]

Every list is asked from its beginning; the next one when a model fails. A model with `trial = true` is left out of all
of them until an admin puts it in use on the page of models.
"""

import hashlib
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, get_args

Route = Literal["answer", "answer_hard", "rewrite", "judge", "cheap"]
ROUTES: tuple[Route, ...] = get_args(Route)
DEFAULT = "default"
# What stands in for a route that is not given.
INSTEAD: dict[Route, Route] = {"answer_hard": "answer", "rewrite": "answer", "judge": "answer", "cheap": "answer"}
BOUNDS: dict[str, tuple[float, float]] = {
    "connect_s": (0.1, 120),
    "first_token_s": (0.1, 600),
    "next_token_s": (0.1, 600),
    "total_s": (1, 3600),
    "retries": (0, 10),
    "context_tokens": (1000, 10_000_000),
    "max_concurrent": (0, 10_000),
    "wait_s": (0, 60),
}
WHOLE = {"retries", "context_tokens", "max_concurrent"}


@dataclass(frozen=True, slots=True)
class NamedModel:
    """One chat model. `name` is ours, `model` the vendor's; `max_concurrent` 0: as many calls as come.

    `context_tokens` is what it reads at once, prompt and answer together; `wait_s` how long a call waits for a place.
    One on `trial` is asked by evaluations alone until an admin puts it in use.
    """

    name: str
    base_url: str
    model: str
    api_key: str = field(default="", repr=False)
    connect_s: float = 5.0
    first_token_s: float = 20.0
    next_token_s: float = 15.0
    total_s: float = 120.0
    retries: int = 2
    context_tokens: int = 8192
    max_concurrent: int = 0
    wait_s: float = 2.0
    trial: bool = False

    @property
    def version(self) -> str:
        """Reads "large@1a2b3c4d": another address or another vendor's model under the same name is another version."""
        digest = hashlib.sha256(f"{self.base_url}\n{self.model}".encode()).hexdigest()
        return f"{self.name}@{digest[:8]}"


@dataclass(frozen=True, slots=True)
class Models:
    """`models` by name, without the default one; `routes` only those that were given."""

    models: Mapping[str, NamedModel] = field(default_factory=dict)
    routes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def route(self, route: Route, default: NamedModel | None) -> list[NamedModel]:
        """The models to ask, in order; none where none is configured.

        Without routes the default model is asked, then the named ones in their order; `cheap` is then the last one.
        """
        known = {**({DEFAULT: default} if default else {}), **self.models}
        if route in self.routes:
            return [known[name] for name in self.routes[route] if name in known]
        if route == "cheap":
            return self.route("answer", default)[-1:]
        if route in INSTEAD:
            return self.route(INSTEAD[route], default)
        return list(known.values())

    def settled(self, used: Collection[str]) -> "Models":
        """Without the models on trial, but for those whose version is among the `used`.

        A route that would be left empty goes as if it had not been given.
        """
        left_out = {each.name for each in self.models.values() if each.trial and each.version not in used}
        if not left_out:
            return self
        routes = {route: tuple(name for name in names if name not in left_out) for route, names in self.routes.items()}
        return Models(
            {name: each for name, each in self.models.items() if name not in left_out},
            {route: names for route, names in routes.items() if names},
        )


class WrongModelsError(ValueError):
    """What is wrong with the text, in words that finish the sentence "ATTEST_MODELS …"."""


def read_models(text: str, usual: NamedModel, *, has_default: bool, secret: Callable[[str], str]) -> Models:
    """`usual` gives what a model does not say; `secret` reads a key from the environment. Raises WrongModelsError."""
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WrongModelsError(f"is not TOML: {error}") from None
    _refuse_strangers(said, {"models", "routes"}, "has a section")
    tables = _table(said.get("models", {}), "[models]")
    models = {name: _model(name, table, usual, secret) for name, table in tables.items()}
    known = {*models, *([DEFAULT] if has_default else [])}
    given = _table(said.get("routes", {}), "[routes]")
    _refuse_strangers(given, set(ROUTES), "has a route")
    return Models(models, {route: _route(route, names, known) for route, names in given.items()})


def _model(name: str, said: Any, usual: NamedModel, secret: Callable[[str], str]) -> NamedModel:
    where = f"models.{name}"
    if name == DEFAULT:
        raise WrongModelsError(f'names a model "{DEFAULT}", but that is the model of LLM_MODEL; choose another name')
    if not name.replace("_", "").isalnum() or not name.isascii() or len(name) > 40:
        raise WrongModelsError(f'names a model "{name}", but a name is up to 40 letters, digits and underscores')
    table = _table(said, f"[{where}]")
    allowed = {each.name for each in fields(NamedModel)} - {"name", "api_key"} | {"api_key_env"}
    _refuse_strangers(table, allowed, f"has in [{where}]")
    base_url, model = (_text(table, key, where) for key in ("base_url", "model"))
    if not base_url.startswith(("http://", "https://")):
        raise WrongModelsError(f"has {where}.base_url, but it must be an address that starts with http:// or https://")
    key = _key(table, where, secret)
    numbers = {each: _number(table[each], each, where) for each in BOUNDS if each in table}
    trial = table.get("trial", False)
    if not isinstance(trial, bool):
        raise WrongModelsError(f"has {where}.trial = {trial!r}, but it must be true or false")
    return replace(usual, name=name, base_url=base_url, model=model, api_key=key, trial=trial, **numbers)


def _key(table: Mapping[str, Any], where: str, secret: Callable[[str], str]) -> str:
    if "api_key_env" not in table:
        return ""
    variable = _text(table, "api_key_env", where)
    if not (key := secret(variable)):
        raise WrongModelsError(
            f"says {where}.api_key_env is {variable}, but neither {variable} nor {variable}_FILE is set"
        )
    return key


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise WrongModelsError(f"needs {where}.{key}, a text")
    return value


def _number(value: Any, key: str, where: str) -> Any:
    low, high = BOUNDS[key]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not low <= value <= high or (key in WHOLE and not isinstance(value, int)):
        kind = "a whole number" if key in WHOLE else "a number"
        raise WrongModelsError(f"has {where}.{key} = {value!r}, but it must be {kind} between {low:g} and {high:g}")
    return value


def _route(route: str, names: Any, known: set[str]) -> tuple[str, ...]:
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise WrongModelsError(f'has routes.{route}, but it must be a list of model names, such as ["large"]')
    for name in names:
        if name not in known:
            raise WrongModelsError(f'has routes.{route} with "{name}", but the models are {_listed(known)}')
    return tuple(dict.fromkeys(names))


def _table(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise WrongModelsError(f"has {what}, but it must be a table")
    return value


def _refuse_strangers(said: Mapping[str, Any], allowed: set[str], what: str) -> None:
    if strangers := sorted(set(said) - allowed):
        raise WrongModelsError(f'{what} "{strangers[0]}", but what can stand there is {_listed(allowed)}')


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"
