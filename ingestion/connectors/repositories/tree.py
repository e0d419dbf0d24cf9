"""What a clone tells about a commit: its files, what differs from another commit, and when a file last changed."""

import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dulwich.diff_tree import CHANGE_COPY, RenameDetector, TreeChange, tree_changes
from dulwich.errors import MissingCommitError
from dulwich.objects import Blob, Commit, ObjectID, Tree, TreeEntry
from dulwich.repo import Repo

from ingestion.connectors.base import ConnectorError
from ingestion.connectors.repositories.clone import NOTHING
from ingestion.connectors.repositories.paths import as_text

MOST_ENTRIES = 500_000
MOST_RENAMES = 100


@dataclass(frozen=True, slots=True)
class File:
    path: bytes
    blob: ObjectID


@dataclass(frozen=True, slots=True)
class Difference:
    """One file that is not the same in two commits; None where it is not there. A moved file's paths differ."""

    old: File | None
    new: File | None


def files(repo: Repo, commit: str) -> Iterator[File]:
    """Every regular file. Links and submodules are no files: one points elsewhere, the other is elsewhere."""
    for path, mode, sha in _entries(repo, commit):
        if stat.S_ISREG(mode):
            yield File(path, sha)


def passed_over(repo: Repo, commit: str) -> int:
    """How many links and submodules `files` leaves out."""
    return sum(1 for _, mode, _ in _entries(repo, commit) if not stat.S_ISREG(mode))


def _entries(repo: Repo, commit: str) -> Iterator[tuple[bytes, int, ObjectID]]:
    """Depth first. A few trees that contain each other's copies can name more files than a disk holds."""
    todo = [(b"", tree)] if (tree := _tree(repo, commit)) else []
    seen = 0
    while todo:
        folder, sha = todo.pop()
        for name, mode, child in _tree_object(repo, sha).iteritems(name_order=True):
            seen += 1
            if seen > MOST_ENTRIES:
                raise ConnectorError(
                    f"The repository names more than {MOST_ENTRIES} files; use one that holds documents only.",
                    permanent=True,
                )
            if stat.S_ISDIR(mode):
                todo.append((folder + name + b"/", child))
            else:
                yield folder + name, mode, child


def find(repo: Repo, commit: str, external_id: str) -> File | None:
    """The regular file with this external id; only for one whose name is escaped are the others looked at."""
    path = external_id.encode("utf-8", "replace")
    found = _at(repo, commit, path)
    if found is None and "\\x" in external_id:
        return next((file for file in files(repo, commit) if as_text(file.path) == external_id), None)
    return found


def _at(repo: Repo, commit: str, path: bytes) -> File | None:
    sha = _tree(repo, commit)
    *folders, name = path.split(b"/")
    for folder in folders:
        mode, child = _child(repo, sha, folder)
        sha = child if stat.S_ISDIR(mode) else None
    mode, blob = _child(repo, sha, name)
    return File(path, blob) if blob is not None and stat.S_ISREG(mode) else None


def _child(repo: Repo, sha: ObjectID | None, name: bytes) -> tuple[int, ObjectID | None]:
    tree = _tree_object(repo, sha) if sha is not None and name else None
    return tree[name] if tree is not None and name in tree else (0, None)


def content(repo: Repo, blob: ObjectID) -> bytes | None:
    """The file's bytes; None where the server left them out for their size."""
    if blob not in repo.object_store:
        return None
    found = repo.object_store[blob]
    return found.data if isinstance(found, Blob) else None


def differences(repo: Repo, old: str, new: str) -> list[Difference]:
    """What is not the same, renamed files found by their content even if that changed as well."""
    trees = _tree(repo, old), _tree(repo, new)
    renames = RenameDetector(repo.object_store, max_files=MOST_RENAMES)
    try:
        changes = list(tree_changes(repo.object_store, *trees, rename_detector=renames))
    except KeyError:
        # Telling edited renames apart reads contents, and a large file's is not here.
        changes = list(tree_changes(repo.object_store, *trees))
    found = (_difference(change) for change in changes)
    return [difference for difference in found if difference.old or difference.new]


def _difference(change: TreeChange) -> Difference:
    # What a copy was made of is still where it was.
    return Difference(None if change.type == CHANGE_COPY else _file(change.old), _file(change.new))


def _file(entry: TreeEntry | None) -> File | None:
    if entry is None or entry.path is None or entry.sha is None or not stat.S_ISREG(entry.mode or 0):
        return None
    return File(entry.path, entry.sha)


def last_changed(repo: Repo, commit: str, wanted: set[bytes]) -> dict[bytes, datetime]:
    """When each of the `wanted` files was changed last, as far as the fetched history tells."""
    found: dict[bytes, datetime] = {}
    if commit == NOTHING:
        return found
    edge = repo.get_shallow()
    try:
        for entry in repo.get_walker(include=[ObjectID(commit.encode())]):
            if len(found) == len(wanted):
                break
            # At the edge of what was fetched every file looks new; nobody knows when it was.
            if entry.commit.id not in edge:
                for path in _touched(entry.changes()) & wanted:
                    found.setdefault(path, datetime.fromtimestamp(entry.commit.commit_time, UTC))
    except (KeyError, MissingCommitError):
        # The history ends sooner than the server said. Dates are a courtesy.
        pass
    return found


def _touched(changes: Sequence[TreeChange] | Sequence[list[TreeChange | None]]) -> set[bytes]:
    """A merge tells its changes once for each parent."""
    flat = (one for change in changes for one in (change if isinstance(change, list) else [change]))
    return {change.new.path for change in flat if change and change.new and change.new.path is not None}


def commit_date(repo: Repo, commit: str) -> datetime:
    found = repo.object_store[ObjectID(commit.encode())]
    if not isinstance(found, Commit):
        raise KeyError(commit)
    return datetime.fromtimestamp(found.commit_time, UTC)


def knows(repo: Repo, commit: str) -> bool:
    """Whether `commit` is here, so that others can be compared with it."""
    return commit == NOTHING or ObjectID(commit.encode()) in repo.object_store


def _tree(repo: Repo, commit: str) -> ObjectID | None:
    if commit == NOTHING:
        return None
    found = repo.object_store[ObjectID(commit.encode())]
    return found.tree if isinstance(found, Commit) else None


def _tree_object(repo: Repo, sha: ObjectID) -> Tree:
    found = repo.object_store[sha]
    if not isinstance(found, Tree):
        raise KeyError(sha)
    return found
