"""deploy/environment.py, the first thing `make run` does: what cannot work is a sentence, the rest is done once.

Run through its command line in a copy of the tree's shape. Where installing would ask the network, a stub is pip.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

SCRIPT = Path(settings.BASE_DIR) / "deploy" / "environment.py"
# Stands for `python -m venv` and for the Python of the environment: notes how it was called, and does as told.
STUB = """#!/bin/sh
echo "$@" >> "{calls}"
case "$*" in
  "-m pip --version") exit {pip_status} ;;
  "-m pip install"*) echo "{said}" >&2; exit {install_status} ;;
esac
"""
# A module named venv that is found before the real one.
VENV = """
import pathlib, sys
{body}
folder = pathlib.Path(sys.argv[1])
(folder / "bin").mkdir(parents=True)
stub = folder / "bin" / "python"
stub.write_text({stub!r})
stub.chmod(0o755)
"""


class Clone:
    """A cloned folder with the script, a requirement file, and a stub for the venv module."""

    def __init__(self, root: Path, modules: Path) -> None:
        self.root, self.modules = root, modules
        self.calls = root.parent / "calls"
        (root / "deploy").mkdir(parents=True)
        shutil.copy(SCRIPT, root / "deploy" / "environment.py")
        (root / "requirements.txt").write_text("one==1\n")
        modules.mkdir()
        self.venv_makes()

    def venv_makes(self, body: str = "", said: str = "", install_status: int = 0) -> None:
        stub = self.stub(said=said, install_status=install_status)
        (self.modules / "venv.py").write_text(VENV.format(body=body, stub=stub))

    def stub(self, said: str = "", install_status: int = 0, pip_status: int = 0) -> str:
        return STUB.format(calls=self.calls, said=said, install_status=install_status, pip_status=pip_status)

    def run(self, *python: str) -> "subprocess.CompletedProcess[str]":
        """Run the script as make does."""
        command = [*(python or (sys.executable,)), str(self.root / "deploy" / "environment.py"), "requirements.txt"]
        environment = os.environ | {"PYTHONPATH": str(self.modules)}
        return subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=60)

    def installed(self) -> int:
        """How often pip was asked to install."""
        return self.calls.read_text().count("-m pip install") if self.calls.exists() else 0


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path / "attest", tmp_path / "modules")


def refused(result: "subprocess.CompletedProcess[str]") -> str:
    """The one sentence it ended with, and no traceback."""
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    return result.stderr.splitlines()[-1]


def test_installs_once_and_again_when_the_requirements_change(clone: Clone):
    assert "Making the virtual environment in .venv" in clone.run().stdout
    assert clone.installed() == 1
    second = clone.run()
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert clone.installed() == 1
    (clone.root / "requirements.txt").write_text("one==2\n")
    third = clone.run()
    assert "Installing requirements.txt" in third.stdout
    assert "Making" not in third.stdout
    assert clone.installed() == 2


def test_an_environment_cut_off_while_it_was_made_is_made_again(clone: Clone):
    half = clone.root / ".venv" / "bin"
    half.mkdir(parents=True)
    (half / "python").write_text(clone.stub(pip_status=1))
    (half / "python").chmod(0o755)
    (clone.root / ".venv" / "half-written").touch()
    result = clone.run()
    assert result.returncode == 0
    assert "Making the virtual environment" in result.stdout
    assert not (clone.root / ".venv" / "half-written").exists()
    assert clone.installed() == 1


def test_an_installation_that_was_cut_off_is_taken_up_in_the_same_environment(clone: Clone):
    clone.venv_makes(said="the network went away", install_status=1)
    sentence = refused(clone.run())
    assert sentence.startswith("pip could not install requirements.txt; its last lines above say why.")
    (clone.root / ".venv" / "bin" / "python").write_text(clone.stub())
    again = clone.run()
    assert again.returncode == 0
    assert "Making" not in again.stdout
    assert clone.installed() == 2


@pytest.mark.parametrize(
    "body",
    [
        'sys.exit("The virtual environment was not created successfully because ensurepip is not available.")',
        'sys.exit(f"{sys.executable}: No module named venv")',
    ],
)
def test_a_python_without_its_venv_module(clone: Clone, body: str):
    clone.venv_makes(body=body)
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    assert refused(clone.run()) == (
        f"This Python comes without its venv module; install it (Debian, Ubuntu: apt install {package})."
    )
    assert not (clone.root / ".venv").exists()


def test_another_failure_of_venv_is_quoted(clone: Clone):
    clone.venv_makes(body='sys.exit("odd")')
    assert refused(clone.run()) == "The virtual environment could not be made: odd"


def test_a_python_that_is_too_old(clone: Clone, tmp_path: Path):
    """A site file that is read before the script tells it another version, so that no old Python need be here."""
    (clone.modules / "sitecustomize.py").write_text("import sys\nsys.version_info = (3, 9, 2)\n")
    assert refused(clone.run()) == (
        "Attest needs Python 3.11 or newer and this is 3.9; install one, then name it: `make PYTHON=python3.11 run`."
    )
    assert not (clone.root / ".venv").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of a few megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("Only root may mount a file system here.")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_read_only_disk(small_disk: Path, tmp_path: Path):
    clone = Clone(small_disk / "attest", tmp_path / "modules")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert refused(clone.run()) == f"{clone.root} cannot be written; clone Attest to a folder that can."


def test_a_full_disk(small_disk: Path, tmp_path: Path):
    clone = Clone(small_disk / "attest", tmp_path / "modules")
    clone.venv_makes(body='(pathlib.Path(sys.argv[1]).parent / "filling").write_bytes(bytes(8 << 20))')
    assert refused(clone.run()) == (
        f"The disk that holds {clone.root} is full; free at least 4 GB there and run the same command again."
    )


def test_a_disk_that_pip_fills(small_disk: Path, tmp_path: Path):
    clone = Clone(small_disk / "attest", tmp_path / "modules")
    clone.calls = tmp_path / "calls"
    clone.venv_makes(said="OSError", install_status=1)
    assert "is full; free at least 4 GB there" in refused(clone.run())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("[Errno 30] Read-only file system", "cannot be written; clone Attest to a folder that can."),
        ("[Errno 28] No space left on device", "is full; free at least 4 GB there"),
    ],
)
def test_what_the_disk_says_where_no_disk_can_be_mounted(clone: Clone, words: str, expected: str):
    clone.venv_makes(body=f'sys.exit("{words}")')
    assert expected in refused(clone.run())
