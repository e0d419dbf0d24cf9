"""The pinned requirements hold what the code imports, so that a fresh installation lacks nothing."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
# Each imports a package of an extra, and is imported only where that is installed.
OPTIONAL = {
    ROOT / "ingestion" / "connectors" / "stores" / f"{name}.py" for name in ("azure", "google", "sftp", "smb", "webdav")
}
# Made a list that is committed; says at its head what to install to make it again.
BY_HAND = {ROOT / "app" / "safety" / "personal_data" / "names" / "make.py"}
OURS = {"app", "ingestion", "retrieval", "evals", "sample", "conftest"}
PACKAGES = ("app", "ingestion", "retrieval", "evals", "sample")
DISTRIBUTIONS = packages_distributions()


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(*names: str) -> set[str]:
    lines = "\n".join((ROOT / name).read_text() for name in names)
    return {normal(name) for name in re.findall(r"^([\w.-]+)==", lines, re.MULTILINE)}


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def is_for_developers(file: Path) -> bool:
    return file in OPTIONAL or bool({"tests", "sample"} & set(file.relative_to(ROOT).parts))


def foreign(*, of_tests: bool) -> set[str]:
    files = (file for package in PACKAGES for file in (ROOT / package).rglob("*.py") if file not in BY_HAND)
    # The sample's documents are written by a tool for developers.
    chosen = [file for file in files if is_for_developers(file) == of_tests]
    names = {name for file in chosen for name in imported(file)}
    return names - OURS - sys.stdlib_module_names


@pytest.mark.parametrize(
    ("of_tests", "files"),
    [
        (False, ["requirements.txt"]),
        (True, ["requirements-dev.txt", "requirements-models.txt"]),
    ],
)
def test_everything_imported_is_pinned(of_tests: bool, files: list[str]):
    available = pinned(*files)
    missing = {
        name
        for name in foreign(of_tests=of_tests)
        if not available & {normal(each) for each in DISTRIBUTIONS.get(name, [name])}
    }
    assert missing == set(), "Name these in pyproject.toml, then run `make lock`."


def test_every_range_in_the_project_file_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [re.split(r"[\[<>=!~ ;]", each)[0] for each in project["dependencies"]]
    assert {normal(name) for name in names} - pinned("requirements.txt") == set()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_pins_name_no_place_and_no_local_build(name: str):
    for line in (ROOT / name).read_text().splitlines():
        assert "://" not in line
        assert not line.startswith("-")
        assert "+" not in line.split("#")[0]


def test_the_development_pins_agree_with_the_product():
    lines = [line.split()[0] for line in (ROOT / "requirements.txt").read_text().splitlines() if "==" in line]
    assert set(lines) <= {
        line.split()[0] for line in (ROOT / "requirements-dev.txt").read_text().splitlines() if "==" in line
    }
