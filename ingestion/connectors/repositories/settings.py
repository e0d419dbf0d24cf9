"""What an admin says about a Git repository, and what cannot be right about it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from dulwich.refs import Ref, check_ref_format

from ingestion.connectors.base import Setting, SettingKind
from ingestion.connectors.repositories.clone import BRANCHES
from ingestion.connectors.repositories.paths import globs
from ingestion.network_guard import ALLOWED_HOSTS

HISTORY = 500
# What repositories hold beside documents; a form begins with these.
NOT_DOCUMENTS = tuple(f"*.{ending}" for ending in (
    "png", "jpg", "jpeg", "gif", "svg", "ico", "webp", "mp3", "mp4", "mov", "woff", "woff2", "ttf", "otf",
    "zip", "gz", "jar", "exe", "dll", "so", "lock",
))  # fmt: skip
SETTINGS = (
    Setting("url", "Address", "As git clone takes it: https://git.example.com/team/handbook.git", SettingKind.URL),
    Setting("branch", "Branch", "Empty: the repository's default branch.", required=False),
    Setting("user", "User name", "Many servers take any name beside a token.", required=False),
    Setting(
        "token",
        "Token",
        "A token or password that may read the repository; empty for one that anybody may read.",
        SettingKind.SECRET,
        required=False,
    ),
    Setting(
        "include",
        "Only these files",
        "One pattern a line, as in .gitignore: docs/ or *.md or /guides/**/*.pdf. Empty: every file.",
        SettingKind.LINES,
        required=False,
        default=(),
    ),
    Setting(
        "exclude",
        "Not these files",
        "One pattern a line. Hidden files are always passed over.",
        SettingKind.LINES,
        required=False,
        default=NOT_DOCUMENTS,
    ),
    Setting(
        "page",
        "Address of a file's page",
        "Where a citation leads, such as https://git.example.com/team/handbook/blob/{branch}/{path}. "
        "Empty: known for GitHub, GitLab, Bitbucket, Gitea and Forgejo.",
        required=False,
    ),
    Setting(
        "history",
        "Commits to look through",
        "So many are fetched to tell when each file was changed last; older files show no date.",
        SettingKind.NUMBER,
        required=False,
        default=HISTORY,
        minimum=1,
        maximum=20_000,
    ),
    ALLOWED_HOSTS,
)


def check(settings: Mapping[str, Any]) -> None:
    """Refuse what cannot be right; whether the host may be reached is decided whenever it is connected to."""
    address = urlsplit(str(settings.get("url", "")).strip())
    if address.scheme not in ("https", "http") or not address.hostname:
        raise ValueError("Enter an address that begins with https:// (or http://); other protocols are not spoken.")
    if address.username or address.password:
        raise ValueError("Take the user name and the token out of the address and enter them in their own fields.")
    if address.query or address.fragment:
        raise ValueError("Enter the address that git clone takes, without ? and #.")
    branch = str(settings.get("branch", "")).strip()
    if branch and not check_ref_format(Ref(BRANCHES + branch.encode())):
        raise ValueError(f"{branch} cannot be the name of a branch; enter it as git branch shows it, such as main.")
    for pattern in (*settings.get("include", ()), *settings.get("exclude", ())):
        globs(pattern)
    page = str(settings.get("page", "")).strip()
    if page and not (page.startswith(("https://", "http://")) and "{path}" in page):
        raise ValueError("The address of a file's page begins with https:// and has {path} where the path goes.")
