"""Whom a server runs as: PostgreSQL refuses to run as root, so root lends it an unprivileged account."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from app.embedded.errors import EmbeddedServiceError, explain_os_error

CANDIDATES = ("postgres", "nobody")


class PopenArguments(TypedDict, total=False):
    """The part of subprocess's arguments that changes the user."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class ServerUser:
    """An account to run a server; None when it is our own and nothing needs to change."""

    account: pwd.struct_passwd | None

    def as_arguments(self) -> PopenArguments:
        """Return what subprocess needs to run a program as this user."""
        if self.account is None:
            return {}
        return {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}

    def give(self, folder: Path) -> None:
        """Make the user the owner of `folder`."""
        if self.account is not None:
            os.chown(folder, self.account.pw_uid, self.account.pw_gid)

    def may_reach(self, folder: Path) -> None:
        """Let the user pass through the folders above; passing only, not listing them."""
        if self.account is None:
            return
        for above in folder.parents:
            mode = above.stat().st_mode
            if not mode & stat.S_IXOTH:
                _open_for_passing(above, mode)


def server_user(cluster: Path) -> ServerUser:
    """Return our own account, or for root the one that owns the cluster already, or else the first known."""
    if os.geteuid() != 0:
        return ServerUser(None)
    owner = cluster.stat().st_uid if cluster.exists() else 0
    if owner != 0:
        return ServerUser(_account(owner))
    for name in CANDIDATES:
        try:
            return ServerUser(pwd.getpwnam(name))
        except KeyError:
            continue
    raise EmbeddedServiceError(
        "PostgreSQL refuses to run as root, and this machine has no account `nobody` to lend it; run Attest "
        "as another user."
    )


def _account(number: int) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(number)
    except KeyError:
        raise EmbeddedServiceError(
            f"The database files belong to user number {number}, who has no account here; give them to `nobody`."
        ) from None


def _open_for_passing(folder: Path, mode: int) -> None:
    try:
        folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
    except OSError as error:
        raise explain_os_error(error, folder) from error
