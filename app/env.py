"""Typed reading of environment variables: each setting comes from `X` or from the file that `X_FILE` names.

A wrong value raises ConfigurationError with a sentence naming the variable, the value (never a secret) and
what is allowed. Every variable read is registered, so that the documentation can list them all.
"""

import builtins
import difflib
import math
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "ATTEST_"
TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})


class ConfigurationError(Exception):
    """The environment holds a value that Attest cannot use; the message is for the person who set it."""

    permanent = True


class _WrongError(ValueError):
    """A reader's refusal: what would have been allowed."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable that has been read, as the configuration table shows it."""

    name: str
    kind: str
    default: str
    help: str


class Env:
    """Readers over one environment. An empty value counts as not set, as compose files pass those."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._settings: dict[str, Setting] = {}

    def str(self, name: str, default: str = "", *, help: str = "") -> str:
        """Return any text."""
        return self._read(name, "text", default, lambda raw: raw, help)

    def secret(self, name: builtins.str, default: builtins.str = "", *, help: builtins.str = "") -> builtins.str:
        """Return text that no message, table or log may show."""
        return self._read(name, "secret", default, lambda raw: raw, help)

    def secrets(self, name: builtins.str, *, help: builtins.str = "") -> builtins.list[builtins.str]:
        """Return comma-separated texts that no message, table or log may show."""
        return self._read(name, "secret", [], _parts, help)

    def int(
        self,
        name: builtins.str,
        default: builtins.int,
        *,
        min: builtins.int | None = None,
        max: builtins.int | None = None,
        help: builtins.str = "",
    ) -> builtins.int:
        """Return a whole number within `min` and `max`, both allowed."""

        def parse(raw: builtins.str) -> builtins.int:
            return _within(_number(int, raw, "a whole number"), min, max)

        return self._read(name, _with_bounds("whole number", min, max), default, parse, help)

    def float(
        self,
        name: builtins.str,
        default: builtins.float,
        *,
        min: builtins.float | None = None,
        max: builtins.float | None = None,
        help: builtins.str = "",
    ) -> builtins.float:
        """Return a number within `min` and `max`, both allowed."""

        def parse(raw: builtins.str) -> builtins.float:
            return _within(_number(_finite, raw, "a number"), min, max)

        return self._read(name, _with_bounds("number", min, max), default, parse, help)

    def bool(self, name: builtins.str, default: builtins.bool, *, help: builtins.str = "") -> builtins.bool:
        """Return a yes or no."""
        return self._read(name, "true or false", default, _truth, help)

    def list(
        self, name: builtins.str, default: Iterable[builtins.str] = (), *, help: builtins.str = ""
    ) -> builtins.list[builtins.str]:
        """Return the comma-separated parts, without blanks around them and without empty ones."""
        return self._read(name, "comma-separated list", [*default], _parts, help)

    def path(self, name: builtins.str, default: Path, *, help: builtins.str = "") -> Path:
        """Return an absolute path; `~` is the home folder."""
        return self._read(name, "path", default, lambda raw: Path(raw).expanduser().absolute(), help)

    def url(
        self,
        name: builtins.str,
        default: builtins.str = "",
        *,
        schemes: Iterable[builtins.str] = ("http", "https"),
        secret: builtins.bool = False,
        help: builtins.str = "",
    ) -> builtins.str:
        """Return an address with one of `schemes`; `secret` says that it may carry a password."""
        allowed = tuple(schemes)
        kind = "secret address" if secret else "address"
        return self._read(name, kind, default, lambda raw: _address(raw, allowed), help)

    def urls(self, name: builtins.str, *, help: builtins.str = "") -> builtins.list[builtins.str]:
        """Return comma-separated http or https addresses."""

        def parse(raw: builtins.str) -> builtins.list[builtins.str]:
            return [_address(part, ("http", "https")) for part in _parts(raw)]

        return self._read(name, "comma-separated addresses", [], parse, help)

    def choice(
        self,
        name: builtins.str,
        choices: Iterable[builtins.str],
        default: builtins.str,
        *,
        help: builtins.str = "",
    ) -> builtins.str:
        """Return one of `choices`."""
        allowed = tuple(choices)
        return self._read(name, " or ".join(allowed), default, lambda raw: _one_of(raw, allowed), help)

    def parsed(
        self,
        name: builtins.str,
        parse: Callable[[builtins.str], T],
        *,
        default: T,
        kind: builtins.str,
        help: builtins.str = "",
    ) -> T:
        """Return what `parse` makes of a longer text; its ValueError finishes the sentence "NAME …"."""

        def read(raw: builtins.str) -> T:
            try:
                return parse(raw)
            except ValueError as wrong:
                raise ConfigurationError(f"{name} {wrong}.") from None

        self._settings[name] = Setting(name, kind, "", help)
        raw = self._raw(name)
        return default if raw is None else read(raw)

    def documented(self) -> tuple[Setting, ...]:
        """Return every variable read so far, in the order of reading."""
        return tuple(self._settings.values())

    def unknown(self) -> builtins.list[builtins.str]:
        """Return a sentence for each ATTEST_ variable that is set but that nothing has read."""
        known = {name for each in self._settings for name in (each, f"{each}_FILE")}
        strangers = sorted(name for name in self._environ if name.startswith(PREFIX) and name not in known)
        return [_not_a_setting(name, known) for name in strangers]

    def refuse_unknown(self) -> None:
        """Raise ConfigurationError if an ATTEST_ variable is set that nothing has read."""
        if sentences := self.unknown():
            raise ConfigurationError(" ".join(sentences))

    def _read(
        self,
        name: builtins.str,
        kind: builtins.str,
        default: T,
        parse: Callable[[builtins.str], T],
        help: builtins.str,
    ) -> T:
        self._settings[name] = Setting(name, kind, _shown(kind, default), help)
        raw = self._raw(name)
        if raw is None:
            return default
        try:
            return parse(raw)
        except _WrongError as wrong:
            said = "has a value" if kind.startswith("secret") else f'is "{raw}"'
            raise ConfigurationError(f"{name} {said}, but it must be {wrong}.") from None

    def _raw(self, name: builtins.str) -> builtins.str | None:
        value, file = self._environ.get(name), self._environ.get(f"{name}_FILE")
        if value and file:
            raise ConfigurationError(f"{name} and {name}_FILE are both set; set only one of them.")
        if file:
            value = _contents(f"{name}_FILE", file)
        return value or None


def configuration_table(settings: Iterable[Setting]) -> str:
    """Return the Markdown table of the documentation."""
    head = ["| Variable | Kind | Default | What it does |", "|---|---|---|---|"]
    return "\n".join([*head, *map(_row, settings)])


def _row(setting: Setting) -> str:
    default = f"`{setting.default}`" if setting.default else ""
    return f"| `{setting.name}` | {setting.kind} | {default} | {setting.help} |"


def _contents(variable: str, file: str) -> str:
    try:
        return Path(file).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise ConfigurationError(f'{variable} is "{file}", but that file cannot be read: {reason}.') from None


def _number(convert: Callable[[str], T], raw: str, what: str) -> T:
    try:
        return convert(raw)
    except ValueError:
        raise _WrongError(what) from None


def _finite(raw: str) -> float:
    value = float(raw)
    if not math.isfinite(value):
        raise ValueError(raw)
    return value


def _within(value: T, low: float | None, high: float | None) -> T:
    if (low is not None and value < low) or (high is not None and value > high):  # type: ignore[operator]
        raise _WrongError(_bounds(low, high))
    return value


def _bounds(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"between {low} and {high}"
    return f"at least {low}" if low is not None else f"at most {high}"


def _with_bounds(kind: str, low: float | None, high: float | None) -> str:
    return kind if low is None and high is None else f"{kind}, {_bounds(low, high)}"


def _truth(raw: str) -> bool:
    word = raw.strip().lower()
    if word not in TRUE | FALSE:
        raise _WrongError("true or false")
    return word in TRUE


def _parts(raw: str) -> list[str]:
    return [part for part in (each.strip() for each in raw.split(",")) if part]


def _address(raw: str, schemes: tuple[str, ...]) -> str:
    try:
        scheme = urlsplit(raw).scheme
    except ValueError:
        scheme = ""
    if scheme not in schemes or "://" not in raw or any(blank in raw for blank in " \n\t"):
        raise _WrongError("an address that starts with " + " or ".join(f"{each}://" for each in schemes))
    return raw


def _one_of(raw: str, choices: tuple[str, ...]) -> str:
    if raw not in choices:
        raise _WrongError("one of " + ", ".join(choices))
    return raw


def _shown(kind: str, default: object) -> str:
    if kind.startswith("secret"):
        return ""
    if isinstance(default, list):
        return ",".join(default)
    if isinstance(default, Path) and default.is_relative_to(ROOT):
        return str(default.relative_to(ROOT))
    return str(default).lower() if isinstance(default, bool) else str(default)


def _not_a_setting(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"{name} is not a setting" + (f"; did you mean {near[0]}?" if near else ".")


env = Env(os.environ)
