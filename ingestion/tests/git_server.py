"""Git repositories and the HTTP server that serves them: dulwich's, or git's own where the program is at hand."""

import base64
import os
import shutil
import stat
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from email.parser import BytesHeaderParser
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from dulwich.index import commit_tree
from dulwich.objects import Blob, Commit, ObjectID
from dulwich.refs import Ref
from dulwich.repo import Repo
from dulwich.server import BackendRepo, DictBackend
from dulwich.web import make_wsgi_chain

USER, TOKEN = "reader", "glpat-right-token"
FILE, LINK, SUBMODULE = stat.S_IFREG | 0o644, stat.S_IFLNK, 0o160000
BACKEND = Path("/usr/lib/git-core/git-http-backend")
HAS_GIT = BACKEND.exists() and shutil.which("git") is not None
App = Callable[..., Iterable[bytes]]


class Repository:
    """A bare repository with one branch that a test writes to, a commit at a time, an hour apart."""

    def __init__(self, folder: Path, branch: str = "main") -> None:
        folder.mkdir()
        self.repo = Repo.init_bare(str(folder), default_branch=branch.encode())
        self.ref = Ref(b"refs/heads/" + branch.encode())
        self.time = 1_700_000_000
        self.entries: dict[bytes, tuple[int, ObjectID]] = {}
        self.parents: list[ObjectID] = []

    def put(self, name: str | bytes, data: bytes, mode: int = FILE) -> None:
        self.stage(name, data, mode)
        self.commit()

    def stage(self, name: str | bytes, data: bytes, mode: int = FILE) -> None:
        blob = Blob.from_string(data)
        self.repo.object_store.add_object(blob)
        self.entries[name.encode() if isinstance(name, str) else name] = (mode, blob.id)

    def take_away(self, name: str) -> None:
        del self.entries[name.encode()]
        self.commit()

    def rename(self, name: str, new_name: str, data: bytes | None = None) -> None:
        self.entries[new_name.encode()] = self.entries.pop(name.encode())
        if data is not None:
            self.stage(new_name, data)
        self.commit()

    def commit(self) -> ObjectID:
        self.time += 3600
        commit = Commit()
        commit.tree = commit_tree(self.repo.object_store, [(p, sha, mode) for p, (mode, sha) in self.entries.items()])
        commit.parents = self.parents
        commit.author = commit.committer = b"Ada <ada@example.com>"
        commit.author_time = commit.commit_time = self.time
        commit.author_timezone = commit.commit_timezone = 0
        commit.message = b"A change"
        self.repo.object_store.add_object(commit)
        self.repo.refs[self.ref] = commit.id
        self.parents = [commit.id]
        return commit.id

    def forget_history(self) -> None:
        """The next commit is a first one, as after a forced push of something else."""
        self.parents = []


class Gate:
    """Asks for the token, and answers with errors after `left` more requests."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.left: float = float("inf")
        self.asked = 0
        self.answer: tuple[str, list[tuple[str, str]], bytes] | None = None
        self.users: list[str] = []

    def __call__(self, environ, start_response) -> Iterable[bytes]:
        self.asked += 1
        self.left -= 1
        self.users.append(environ.get("HTTP_AUTHORIZATION", ""))
        if self.answer is not None:
            status, headers, body = self.answer
            start_response(status, headers)
            return [body]
        if self.left < 0:
            start_response("503 Service Unavailable", [("Content-Type", "text/plain"), ("Retry-After", "7")])
            return [b"down"]
        expected = "Basic " + base64.b64encode(f"{USER}:{TOKEN}".encode()).decode()
        if environ.get("HTTP_AUTHORIZATION") != expected:
            start_response("401 Unauthorized", [("WWW-Authenticate", 'Basic realm="git"')])
            return [b"who is there?"]
        return self.app(environ, start_response)


def dulwich_app(folder: Path) -> App:
    served: dict[str, BackendRepo] = {"/repo.git": Repo(str(folder))}
    return make_wsgi_chain(DictBackend(served))


def git_app(folder: Path) -> App:
    """git's own server behind CGI, which can leave large files out as the big forges do."""
    with (folder / "config").open("a") as config:
        config.write("[uploadpack]\n\tallowFilter = true\n")

    def serve(environ, start_response) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        passed = {
            "GIT_PROJECT_ROOT": str(folder.parent), "GIT_HTTP_EXPORT_ALL": "1", "PATH": os.environ["PATH"],
            "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "HOME": str(folder.parent),
            "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
            "PATH_INFO": environ["PATH_INFO"], "QUERY_STRING": environ["QUERY_STRING"],
            "REQUEST_METHOD": environ["REQUEST_METHOD"], "CONTENT_TYPE": environ.get("CONTENT_TYPE", ""),
            "GIT_PROTOCOL": environ.get("HTTP_GIT_PROTOCOL", ""), "REMOTE_USER": USER,
            "HTTP_CONTENT_ENCODING": environ.get("HTTP_CONTENT_ENCODING", ""),
        }  # fmt: skip
        done = subprocess.run([str(BACKEND)], input=body, env=passed, capture_output=True, check=True, timeout=30)
        head, _, rest = done.stdout.partition(b"\r\n\r\n")
        headers = BytesHeaderParser().parsebytes(head)
        status = headers.get("Status", "200 OK")
        start_response(status, [pair for pair in headers.items() if pair[0] != "Status"])
        return [rest]

    return serve


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    disable_nagle_algorithm = True

    def log_message(self, format, *args) -> None:
        pass


@contextmanager
def served(app: App) -> Iterator[tuple[Gate, str]]:
    """The gate before the repository, and the address of the repository."""
    gate = Gate(app)
    server = make_server("127.0.0.1", 0, gate, server_class=_Server, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield gate, f"http://127.0.0.1:{server.server_port}/repo.git"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
