"""A Git repository's files, over HTTP or HTTPS. External ids are paths, fingerprints are blob ids.

What changed is read from the difference of two commits, so a renamed file stays the same document even if it was
edited on the way. Hidden files, links and submodules are passed over; a name that is not UTF-8 is shown escaped.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, urlsplit

from dulwich.repo import Repo

from ingestion.connectors.base import (
    LONGEST_ID,
    Changes,
    Connection,
    ConnectorError,
    ConnectorKind,
    CursorLost,
    Fetched,
    Item,
    ItemVanished,
)
from ingestion.connectors.repositories import tree as git_tree
from ingestion.connectors.repositories.clone import NOTHING, Head, Remote, held_repo
from ingestion.connectors.repositories.http import GitOverHttp, TooMuch
from ingestion.connectors.repositories.paths import Chosen, as_text
from ingestion.connectors.repositories.settings import HISTORY, SETTINGS, check
from ingestion.errors import FailureReason, IngestionError
from ingestion.network_guard import ALLOWED_HOSTS

ASK_AGAIN_AFTER_S = 30
CLONE_LIMIT_BYTES = 4_000_000_000
CLONE_LIMIT_S = 1800
TEST_LIMIT_BYTES = 100_000_000
TEST_LIMIT_S = 30
LARGE_FILE_POINTER = b"version https://git-lfs.github.com/spec/"
IN_LARGE_FILE_STORAGE = (
    "The repository holds only a pointer to this file, whose content is in Git LFS, which is not read; "
    "exclude the file, or upload it."
)
PAGES = (
    ("github", "{repository}/blob/{branch}/{path}"),
    ("gitlab", "{repository}/-/blob/{branch}/{path}"),
    ("bitbucket", "{repository}/src/{branch}/{path}"),
    ("codeberg", "{repository}/src/branch/{branch}/{path}"),
    ("gitea", "{repository}/src/branch/{branch}/{path}"),
    ("forgejo", "{repository}/src/branch/{branch}/{path}"),
)


@dataclass(frozen=True, slots=True)
class GitConnector:
    """`folder` keeps the clone between looks; without one, each look has its own that is thrown away.

    `login` is a user name and a token, or None for a repository that anybody may read.
    """

    url: str
    login: tuple[str, str] | None = field(repr=False)
    branch: str
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    page: str
    history: int
    allowed_hosts: tuple[str, ...]
    max_bytes: int
    folder: Path | None
    ask_again_after_s: float = ASK_AGAIN_AFTER_S
    takes_bytes: int = CLONE_LIMIT_BYTES
    takes_s: float = CLONE_LIMIT_S

    def items(self) -> Iterator[Item]:
        chosen = self._chosen()
        with self._repo() as repo:
            head = self._remote().newest(repo)
            found = [file for file in git_tree.files(repo, head.commit) if file.path in chosen]
            dates = git_tree.last_changed(repo, head.commit, {file.path for file in found})
        for file in found:
            yield self._item(head, file, dates.get(file.path))

    def cursor(self) -> str:
        with self._repo() as repo:
            return self._place(self._remote().newest(repo))

    def changes(self, cursor: str) -> Changes:
        place = re.fullmatch(r"([0-9a-f]{40,64}|empty) ([0-9a-f]+)", cursor)
        if place is None or place[2] != self._choice():
            # What is wanted has changed, and the difference of two commits would not tell.
            raise CursorLost(cursor)
        with self._repo() as repo:
            head = self._remote().newest(repo)
            if not git_tree.knows(repo, place[1]):
                raise CursorLost(cursor)
            return self._since(repo, place[1], head)

    def fetch(self, external_id: str) -> Fetched:
        with self._repo() as repo:
            head = self._remote().newest(repo, within_s=self.ask_again_after_s)
            file = git_tree.find(repo, head.commit, external_id)
            if file is None or file.path not in self._chosen():
                raise ItemVanished(external_id)
            data = git_tree.content(repo, file.blob)
        if data is None or len(data) > self.max_bytes:
            raise IngestionError(FailureReason.TOO_LARGE, _too_large(self.max_bytes))
        if data.startswith(LARGE_FILE_POINTER):
            raise IngestionError(FailureReason.UNSUPPORTED, IN_LARGE_FILE_STORAGE)
        return Fetched(data, external_id.rsplit("/", 1)[-1])

    def test(self) -> str:
        trial = replace(self, folder=None, takes_bytes=TEST_LIMIT_BYTES, takes_s=TEST_LIMIT_S)
        try:
            return trial._found()
        except TooMuch:
            head = self._remote().ask()
            return f"Branch {head.branch} can be read; it is too large for its files to be counted in a test"

    def _found(self) -> str:
        with self._repo() as repo:
            head = replace(self._remote(), history=1, largest=0).newest(repo)
            if head.commit == NOTHING:
                return "The repository can be read and is empty"
            chosen, paths = self._chosen(), [file.path for file in git_tree.files(repo, head.commit)]
            wanted = sum(1 for path in paths if path in chosen)
            files = f"{wanted} of {len(paths)} files" if wanted != len(paths) else _counted(wanted, "file")
            on = git_tree.commit_date(repo, head.commit).date().isoformat()
            left_out = git_tree.passed_over(repo, head.commit)
        passed = f"; {_counted(left_out, 'link or submodule', 'links and submodules')} passed over" if left_out else ""
        return f"{files} on branch {head.branch}, whose last commit is of {on}{passed}"

    def _since(self, repo: Repo, commit: str, head: Head) -> Changes:
        chosen = self._chosen()
        told: list[tuple[git_tree.File, str]] = []
        removed: list[str] = []
        for difference in git_tree.differences(repo, commit, head.commit):
            old = difference.old if difference.old and difference.old.path in chosen else None
            if difference.new and difference.new.path in chosen:
                is_moved = old is not None and old.path != difference.new.path
                told.append((difference.new, as_text(old.path) if old and is_moved else ""))
            elif old:
                removed.append(as_text(old.path))
        dates = git_tree.last_changed(repo, head.commit, {file.path for file, _ in told})
        items = (replace(self._item(head, file, dates.get(file.path)), moved_from=origin) for file, origin in told)
        return Changes(tuple(items), tuple(removed), self._place(head))

    def _item(self, head: Head, file: git_tree.File, changed: datetime | None) -> Item:
        path = as_text(file.path)
        if len(path) > LONGEST_ID:
            raise ConnectorError(
                f"A path is longer than {LONGEST_ID} characters: {path[:80]}…; shorten or exclude it.", permanent=True
            )
        return Item(path, file.blob.decode(), url=self._page_of(head, file.path), modified_at=changed)

    def _page_of(self, head: Head, path: bytes) -> str:
        repository = self.url.removesuffix("/").removesuffix(".git")
        host = urlsplit(self.url).hostname or ""
        form = self.page or next((form for forge, form in PAGES if forge in host), "")
        for name, value in (("repository", repository), ("branch", quote(head.branch)), ("path", quote(path))):
            form = form.replace("{" + name + "}", value)
        return form or self.url

    def _place(self, head: Head) -> str:
        return f"{head.commit} {self._choice()}"

    def _choice(self) -> str:
        """Stands for everything that decides which files are wanted."""
        chosen = json.dumps([self.url, self.branch, self.include, self.exclude])
        return hashlib.sha256(chosen.encode()).hexdigest()[:16]

    def _chosen(self) -> Chosen:
        return Chosen(self.include, self.exclude)

    def _remote(self) -> Remote:
        return Remote(self._door, self.branch, self.history, self.max_bytes)

    def _door(self) -> GitOverHttp:
        return GitOverHttp(
            self.url,
            login=self.login,
            allowed_hosts=self.allowed_hosts,
            max_bytes=self.takes_bytes,
            within_s=self.takes_s,
        )

    @contextmanager
    def _repo(self) -> Iterator[Repo]:
        with ExitStack() as stack:
            folder = self.folder or Path(stack.enter_context(TemporaryDirectory(prefix="attest-git-")))
            yield stack.enter_context(held_repo(folder))


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count} {one}" if count == 1 else f"{count} {many or one + 's'}"


def _too_large(limit: int) -> str:
    return (
        f"The file is larger than the limit of {limit / 1_000_000:.0f} MB; "
        "split it, exclude it, or raise ATTEST_MAX_FILE_MB."
    )


def build(connection: Connection) -> GitConnector:
    settings, token = connection.settings, connection.secrets.get("token", "")
    return GitConnector(
        url=str(settings["url"]).strip(),
        # Forges that know a token by itself want any user name beside it.
        login=(str(settings.get("user", "")).strip() or "token", token) if token else None,
        branch=str(settings.get("branch", "")).strip(),
        include=tuple(settings.get("include", ())),
        exclude=tuple(settings.get("exclude", ())),
        page=str(settings.get("page", "")).strip(),
        history=int(settings.get("history") or HISTORY),
        allowed_hosts=tuple(settings.get(ALLOWED_HOSTS.name, ())),
        max_bytes=connection.max_bytes,
        folder=connection.cache_folder,
    )


KIND = ConnectorKind(
    kind="git",
    label="Git repository",
    description="The files of one branch, read over HTTPS; renamed files stay the same documents.",
    settings=SETTINGS,
    build=build,
    check=check,
)
