"""Compares pinned requirements with security advisories that lie on this machine, without asking anybody.

Advisories are files in the OSV format, in a folder or a ZIP, as databases of vulnerabilities offer them for a
whole ecosystem.
"""

import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

PIN = re.compile(r"^([\w.-]+)(?:\[[^]]*\])?==([^\s;#]+)", re.MULTILINE)
ECOSYSTEM = "PyPI"


class AdvisoriesError(Exception):
    """Why the advisories cannot be used; the message is for the person who named them."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A pinned version that an advisory is about; `fixed` are the versions that it names as mended."""

    name: str
    version: str
    advisory: str
    summary: str
    fixed: tuple[str, ...]

    def __str__(self) -> str:
        mended = f" Mended in {', '.join(self.fixed)}." if self.fixed else " No mended version is named."
        return f"{self.name} {self.version}: {self.advisory} {self.summary}".rstrip(" .") + "." + mended


def pins(requirements: str) -> dict[str, str]:
    return {normal(name): version for name, version in PIN.findall(requirements)}


def findings(pinned: dict[str, str], advisories: Iterable[dict[str, Any]]) -> list[Finding]:
    return sorted({found for advisory in advisories for found in _about(advisory, pinned)})


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Every advisory in the folder or ZIP. Raises AdvisoriesError where there is none."""
    found = False
    for name, text in _texts(path):
        try:
            advisory = json.loads(text)
        except ValueError:
            raise AdvisoriesError(f"{name} in {path} is no JSON.") from None
        found = True
        yield advisory
    if not found:
        raise AdvisoriesError(f"There is no advisory in {path}: give a folder or a ZIP of OSV files.")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _texts(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        yield from ((file.name, file.read_bytes()) for file in sorted(path.rglob("*.json")))
    elif path.is_file() and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from ((name, archive.read(name)) for name in archive.namelist() if name.endswith(".json"))


def _about(advisory: dict[str, Any], pinned: dict[str, str]) -> Iterator[Finding]:
    if advisory.get("withdrawn"):
        return
    for affected in advisory.get("affected", []):
        package = affected.get("package", {})
        name = normal(package.get("name", ""))
        if package.get("ecosystem") != ECOSYSTEM or name not in pinned or not _affects(affected, pinned[name]):
            continue
        events = [event for each in affected.get("ranges", []) for event in each.get("events", [])]
        fixed = tuple(sorted({event["fixed"] for event in events if "fixed" in event and "." in event["fixed"]}))
        yield Finding(name, pinned[name], advisory.get("id", "?"), advisory.get("summary", ""), fixed)


def _affects(affected: dict[str, Any], version: str) -> bool:
    if version in affected.get("versions", []):
        return True
    ranges = [each for each in affected.get("ranges", []) if each.get("type") == "ECOSYSTEM"]
    return any(_within(each.get("events", []), Version(version)) for each in ranges)


def _within(events: list[dict[str, str]], version: Version) -> bool:
    """As the OSV schema evaluates a range: events in the order of their versions, the last that applies decides."""
    inside = False
    for event in sorted(events, key=_moment):
        ((kind, text),) = event.items()
        at = _version(text)
        if kind == "introduced" and version >= at:
            inside = True
        elif (kind == "fixed" and version >= at) or (kind == "last_affected" and version > at):
            inside = False
    return inside


def _moment(event: dict[str, str]) -> Version:
    return _version(next(iter(event.values())))


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")
