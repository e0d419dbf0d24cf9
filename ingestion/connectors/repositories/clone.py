"""A bare clone of one branch, kept in a folder between looks: what was fetched once is not fetched again.

One process at a time works with the folder. It is a cache: damaged or lost, it is filled anew.
"""

import fcntl
import shutil
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from dulwich.errors import (
    ApplyDeltaError,
    ChecksumMismatch,
    FileFormatException,
    GitProtocolError,
    MissingCommitError,
    NotGitRepository,
    WrongObjectException,
)
from dulwich.object_store import MaxTreeDepthExceeded
from dulwich.objects import ObjectID
from dulwich.refs import HEADREF, Ref
from dulwich.repo import Repo

from ingestion.connectors.base import ConnectorError
from ingestion.connectors.repositories.http import GitOverHttp

NOTHING = "empty"
"""Stands for the commit of a repository that has none."""

BRANCHES = b"refs/heads/"
MOST_PACKS = 30
UNFINISHED = ("tmp_pack_*", "incoming-*", "pack/tmp*")
BROKEN = (
    ApplyDeltaError,
    AssertionError,
    ChecksumMismatch,
    EOFError,
    FileFormatException,
    GitProtocolError,
    KeyError,
    MaxTreeDepthExceeded,
    MissingCommitError,
    NotGitRepository,
    OSError,
    ValueError,
    WrongObjectException,
    zlib.error,
)
"""What dulwich raises over a damaged clone or a server that does not speak as it should."""


@dataclass(frozen=True, slots=True)
class Head:
    """The branch at the server: its name, and its commit or NOTHING."""

    branch: str
    commit: str


@contextmanager
def held_repo(folder: Path) -> Iterator[Repo]:
    """The clone in `folder`, for this process alone until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        repo = _opened(folder / "clone")
        try:
            yield repo
        finally:
            repo.close()


def _opened(path: Path) -> Repo:
    with suppress(*BROKEN):
        repo = Repo(str(path))
        if len(list(repo.object_store.packs)) <= MOST_PACKS:
            return repo
        repo.close()
    # Not there yet, damaged, or in so many small packs that one fresh one serves better.
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    return Repo.init_bare(str(path))


@dataclass(frozen=True, slots=True)
class Remote:
    """The repository at its server. An empty `branch` means the default one.

    `history`: so many commits are fetched, for the dates of files. `largest`: files above so many
    bytes stay at a server that can leave them out; with 0 all files do.
    """

    door: Callable[[], GitOverHttp]
    branch: str
    history: int
    largest: int

    def newest(self, repo: Repo, *, within_s: float = 0) -> Head:
        """The branch as it is now, fetched into `repo`; what was asked `within_s` seconds ago is new enough."""
        mark = Path(repo.path) / "asked"
        with suppress(OSError, ValueError):
            branch, commit = mark.read_text().split("\n")
            if time.time() - mark.stat().st_mtime < within_s and self.branch in ("", branch):
                return Head(branch, commit)
        with self._speaking() as door:
            head = self._ask(door)
            if head.commit != NOTHING:
                self._fetch(door, repo, head)
        mark.write_text(f"{head.branch}\n{head.commit}")
        return head

    def ask(self) -> Head:
        """The branch as it is now, with nothing fetched."""
        with self._speaking() as door:
            return self._ask(door)

    @contextmanager
    def _speaking(self) -> Iterator[GitOverHttp]:
        door = self.door()
        try:
            yield door
        except BROKEN as error:
            raise ConnectorError(
                f"The server did not answer as a Git server does ({type(error).__name__}); "
                "check the address, and that git clone works with it.",
                permanent=False,
            ) from error
        finally:
            door.close()

    def _ask(self, door: GitOverHttp) -> Head:
        wanted = Ref(BRANCHES + self.branch.encode()) if self.branch else HEADREF
        found = door.get_refs("", ref_prefix=[wanted])
        commit = found.refs.get(wanted)
        if commit is not None:
            name = found.symrefs.get(HEADREF, HEADREF) if wanted == HEADREF else wanted
            return Head(name.removeprefix(BRANCHES).decode("utf-8", "replace"), commit.decode())
        names = [ref for ref in door.get_refs("", ref_prefix=[BRANCHES]).refs if ref.startswith(BRANCHES)]
        if names:
            raise _no_branch(self.branch, names)
        return Head(self.branch, NOTHING)

    def _fetch(self, door: GitOverHttp, repo: Repo, head: Head) -> None:
        """Bring the commit here. The reference is written last: what was cut off counts as not fetched."""
        ref, commit = Ref(BRANCHES + head.branch.encode()), ObjectID(head.commit.encode())
        if repo.refs.as_dict().get(ref) == commit and commit in repo.object_store:
            return
        for pattern in UNFINISHED:
            for left_behind in Path(repo.object_store.path).glob(pattern):
                left_behind.unlink(missing_ok=True)
        door.fetch(
            "",
            repo,
            determine_wants=lambda refs, depth=None: [commit],
            depth=self.history,
            ref_prefix=[ref],
            filter_spec=b"blob:limit=%d" % (self.largest + 1) if self.largest else b"blob:none",
            progress=lambda message: None,
        )
        repo.refs[ref] = commit


def _no_branch(branch: str, names: Sequence[bytes]) -> ConnectorError:
    known = ", ".join(sorted(name.removeprefix(BRANCHES).decode("utf-8", "replace") for name in names)[:10])
    missing = f"There is no branch {branch}" if branch else "The repository names no default branch"
    return ConnectorError(f"{missing}; enter one of those there are: {known}.", permanent=True)
