"""oidc-provider, a certified OpenID provider, installed once for each lock file and run as a process of its own."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent / "provider"
CLIENT_SECRET = "a client secret of the test"
INSTALL_S, START_S = 240, 60
OLDEST_NODE = 18


def installed() -> Path:
    """The folder with its packages. Skips, with the reason, where it cannot be had."""
    _skip_without_node()
    name = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"attest-openid-{os.getuid()}-{name}"
    if not (folder / "node_modules").exists():
        _install(folder)
    shutil.copy(HERE / "server.mjs", folder)
    return folder


def _skip_without_node() -> None:
    if not shutil.which("npm") or not shutil.which("node"):
        pytest.skip("node and npm are not installed (apt install nodejs npm).")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.lstrip("v").split(".")[0]) < OLDEST_NODE:
        pytest.skip(f"oidc-provider needs Node {OLDEST_NODE} or newer; this is {version.strip()}.")


def _install(folder: Path) -> None:
    work = Path(tempfile.mkdtemp(prefix="attest-openid-"))
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, work)
    done = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=work, capture_output=True, text=True,
        timeout=INSTALL_S, check=False,
    )  # fmt: skip
    if done.returncode:
        shutil.rmtree(work, ignore_errors=True)
        pytest.skip(f"oidc-provider could not be installed: {done.stderr.strip()[-200:]}")
    try:
        work.rename(folder)
    except OSError:  # another run was first
        shutil.rmtree(work, ignore_errors=True)


@contextmanager
def real_provider(port: int, app: str) -> Iterator[str]:
    """Yields its issuer. `app` is the address of the product that its only client belongs to."""
    address = f"http://127.0.0.1:{port}"
    environ = {**os.environ, "PROVIDER_PORT": str(port), "APP_ADDRESS": app}
    running = subprocess.Popen(["node", "server.mjs"], cwd=installed(), env=environ, stderr=subprocess.DEVNULL)
    try:
        _wait_for(f"{address}/.well-known/openid-configuration", running)
        yield address
    finally:
        running.terminate()
        running.wait(10)


def tell(provider: str, person: str, /, **claims: Any) -> None:
    """From now on the provider says this of that person."""
    request = urllib.request.Request(f"{provider}/people/{person}", json.dumps(claims).encode(), method="PUT")
    with urllib.request.urlopen(request, timeout=10):
        pass


def _wait_for(address: str, running: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while running.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail("oidc-provider did not start.")
