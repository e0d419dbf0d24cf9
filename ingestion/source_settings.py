"""What an admin enters for a source, checked against what its connector asks for, before anything connects.

Secrets go one way: they are sealed here and opened for a connector alone. One that is left blank
stays as it is, but never travels to another server than it was entered for.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings as configuration

from app.corpus.models import Source
from app.corpus.secrets import SecretsLost, open_secrets, seal_secrets
from ingestion.connectors.base import Connection, ConnectorError, ConnectorKind, Setting, SettingKind
from ingestion.connectors.registry import kinds, max_file_bytes
from ingestion.memory import Forgetful

log = structlog.get_logger(__name__)
# What the sample company says of single documents; no connector asks for it.
NOT_ASKED_FOR = frozenset({"metadata"})
# With another user, server key or encryption, a secret would be shown to others than those it was entered for.
PLACES = frozenset({"host", "server", "port", "database", "user", "account", "host_key", "security", "encryption"})
TRUE = frozenset({"1", "true", "on", "yes"})


class SourceError(ValueError):
    """The act is not possible as asked; the message says what to change."""


def served_kind(kind: str) -> ConnectorKind:
    """The connector's description of itself. Raises SourceError for a kind that nothing serves."""
    if kind in kinds():
        return kinds()[kind]
    if kind == Source.Kind.DATASET:
        # Evaluation registers its connector only while it measures.
        return ConnectorKind(kind, "Evaluation set", "", settings=(), build=_not_registered, offered=False)
    raise SourceError(f"There is no kind of source called {kind!r}; choose one of {', '.join(sorted(kinds()))}.")


def checked_settings(kind: ConnectorKind, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as they are stored, with defaults for what is missing. Raises SourceError."""
    asked_for = {setting.name: setting for setting in kind.settings if setting.kind is not SettingKind.SECRET}
    if unknown := set(given) - set(asked_for) - NOT_ASKED_FOR:
        raise SourceError(f"{kind.label} has no setting called {min(unknown)!r}.")
    checked = {name: _checked(setting, given.get(name, setting.default)) for name, setting in asked_for.items()}
    try:
        kind.check(checked)
    except ValueError as error:
        raise SourceError(str(error)) from error
    return checked | {name: given[name] for name in NOT_ASKED_FOR & set(given)}


def checked_secrets(
    kind: ConnectorKind,
    given: Mapping[str, str | None],
    settings: Mapping[str, Any],
    source: Source | None = None,
) -> dict[str, str]:
    """The secrets in clear, those left blank as they are stored for `source`; None takes one away."""
    asked_for = {setting.name: setting for setting in kind.settings if setting.kind is SettingKind.SECRET}
    if unknown := set(given) - set(asked_for):
        raise SourceError(f"{kind.label} has no secret called {min(unknown)!r}.")
    kept = _stored(source)
    entered = {name for name, value in given.items() if value}
    if source is not None and set(kept) - entered and _places(kind, source.settings) != _places(kind, settings):
        missing = ", ".join(asked_for[name].label for name in asked_for if name in set(kept) - entered)
        raise SourceError(f"The address, the user or the encryption is another one now, so enter again: {missing}.")
    wanted = {name: kept.get(name, "") if given.get(name, "") == "" else (given[name] or "") for name in asked_for}
    for name, value in wanted.items():
        if asked_for[name].required and not value:
            raise SourceError(f"Enter {asked_for[name].label}.")
    return {name: value for name, value in wanted.items() if value}


def sealed(secrets: Mapping[str, str]) -> str:
    return seal_secrets(secrets)


def test_connection(
    kind: str,
    settings: Mapping[str, Any],
    secrets: Mapping[str, str | None],
    source: Source | None = None,  # noqa: PT028 - it is no test
) -> str:
    """What a source with these settings would find, in words; nothing is saved. Raises SourceError.

    Secrets left blank are those stored for `source`.
    """
    served = served_kind(kind)
    checked = checked_settings(served, settings)
    check_place(served, checked)
    connection = Connection(
        source_id=source.pk if source else 0,
        settings=checked,
        secrets=checked_secrets(served, secrets, checked, source),
        memory=Forgetful(),
        max_bytes=max_file_bytes(),
    )
    try:
        return served.build(connection).test()
    except ConnectorError as error:
        raise SourceError(error.message) from error
    except Exception as error:  # noqa: BLE001 - see below
        # Whatever a library raises may quote the secrets it was given; only its name is safe to tell.
        log.warning("connection_test_failed", kind=kind, error=type(error).__name__)
        raise SourceError(f"The test ended unexpectedly ({type(error).__name__}); check the settings.") from None


def check_place(kind: ConnectorKind, settings: Mapping[str, Any]) -> None:
    """Refuse places on this machine that no operator allowed. For what comes from the browser and the API."""
    if kind.kind == Source.Kind.FOLDER:
        checked_folder(str(settings["path"]))
    for setting in kind.settings:
        value = settings.get(setting.name)
        if isinstance(value, str) and (path := _local_path(value)) is not None:
            checked_folder(path)


def checked_folder(path: str) -> str:
    """A folder that admins may add in the browser. Raises SourceError."""
    folder = Path(path).expanduser()
    roots = [Path(root).resolve() for root in configuration.ATTEST_FOLDER_ROOTS]
    if not any(folder.resolve().is_relative_to(root) for root in roots):
        raise SourceError("That folder is not below one of ATTEST_FOLDER_ROOTS; ask an operator to allow it.")
    if not folder.is_dir():
        raise SourceError("That folder does not exist on the server.")
    return str(folder.resolve())


def _checked(setting: Setting, value: Any) -> Any:
    match setting.kind:
        case SettingKind.FLAG:
            return value if isinstance(value, bool) else str(value).lower() in TRUE
        case SettingKind.NUMBER:
            return _number(setting, value)
        case SettingKind.LINES:
            return _lines(setting, value)
        case SettingKind.CHOICE:
            return _choice(setting, value)
        case SettingKind.URL:
            return _url(setting, value)
    return _line(setting, value)


def _line(setting: Setting, value: Any) -> str:
    text = str(value or "").strip()
    if setting.required and not text:
        raise SourceError(f"Enter {setting.label}.")
    if not text.replace("\n", "").replace("\t", "").isprintable():
        raise SourceError(f"{setting.label} has characters that cannot be shown; type it anew.")
    return text


def _url(setting: Setting, value: Any) -> str:
    text = _line(setting, value)
    if text and (any(each.isspace() for each in text) or not _scheme(text)):
        raise SourceError(f"{setting.label} must be an address such as https://example.com.")
    return text


def _number(setting: Setting, value: Any) -> int | None:
    if value in (None, ""):
        if setting.required:
            raise SourceError(f"Enter {setting.label}.")
        return None
    try:
        number = int(value)
    except (TypeError, ValueError) as error:
        raise SourceError(f"{setting.label} must be a whole number.") from error
    if setting.minimum is not None and number < setting.minimum:
        raise SourceError(f"{setting.label} must be {setting.minimum} or more.")
    if setting.maximum is not None and number > setting.maximum:
        raise SourceError(f"{setting.label} must be {setting.maximum} or less.")
    return number


def _lines(setting: Setting, value: Any) -> list[str]:
    rows = value.splitlines() if isinstance(value, str) else list(value or [])
    lines = [str(row).strip() for row in rows if str(row).strip()]
    if setting.required and not lines:
        raise SourceError(f"Enter {setting.label}.")
    return lines


def _choice(setting: Setting, value: Any) -> str:
    chosen = str(value or "")
    if chosen not in {name for name, _ in setting.choices} and (chosen or setting.required):
        raise SourceError(f"{setting.label} must be one of: {', '.join(label for _, label in setting.choices)}.")
    return chosen


def _stored(source: Source | None) -> dict[str, str]:
    if source is None:
        return {}
    try:
        return open_secrets(source.secrets)
    except SecretsLost:
        # They are of no use to anybody; whoever saves now enters them anew.
        return {}


def _places(kind: ConnectorKind, settings: Mapping[str, Any]) -> list[str]:
    """Where the secrets would be sent to."""
    found = []
    for setting in kind.settings:
        value = str(settings.get(setting.name) or "")
        if setting.kind is SettingKind.URL or "://" in value:
            address = urlsplit(value)
            found.append(f"{address.scheme}://{address.netloc.rpartition('@')[2]}".lower())
        elif setting.name in PLACES:
            found.append(value.lower())
    return found


def _scheme(text: str) -> str:
    try:
        return urlsplit(text).scheme
    except ValueError:
        return ""


def _local_path(value: str) -> str | None:
    scheme, separator, rest = value.partition("://")
    if separator and scheme.lower().split("::")[-1] in ("file", "local"):
        return rest
    return None


def _not_registered(connection: Connection) -> Any:
    raise ConnectorError("An evaluation set is only there while it is measured.", permanent=True)
