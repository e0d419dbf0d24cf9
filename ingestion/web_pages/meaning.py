"""What a site's answer means for the address that was asked: a page and its content, or why there is none."""

import hashlib
from dataclasses import replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from ingestion.web_pages.page import Page, read_page
from ingestion.web_pages.polite import Answer, Unanswered
from ingestion.web_pages.visits import Found, Visit

LARGEST_MARKUP = 5_000_000
TOO_LARGE = "too large"
REFUSED = frozenset({401, 403, 451})
_GONE = REFUSED | {404, 410}
_MARKUP = frozenset({"text/html", "application/xhtml+xml", ""})
_TEXTS = {"text/plain": "txt", "text/markdown": "md", "text/x-markdown": "md"}
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
_DOCUMENTS = {
    "application/pdf": "pdf",
    f"{_OFFICE}wordprocessingml.document": "docx",
    f"{_OFFICE}presentationml.presentation": "pptx",
    f"{_OFFICE}spreadsheetml.sheet": "xlsx",
    "application/vnd.ms-excel": "xls",
    f"{_OPEN}text": "odt",
    f"{_OPEN}spreadsheet": "ods",
    f"{_OPEN}presentation": "odp",
    "application/rtf": "rtf",
    "text/rtf": "rtf",
    "text/csv": "csv",
    "application/epub+zip": "epub",
}
_ANY_FILE = frozenset({"application/octet-stream", "binary/octet-stream"})
_DOCUMENT_ENDINGS = frozenset(_DOCUMENTS.values())
# Endings that are never a page's. Others may be: a page about Node.js can end like a script.
_PICTURES_AND_ARCHIVES = frozenset({
    "avif", "bmp", "gif", "ico", "jpeg", "jpg", "png", "tif", "tiff", "webp", "svg", "eot", "otf", "ttf", "woff",
    "woff2", "mp3", "mp4", "m4a", "m4v", "mov", "ogg", "wav", "webm", "avi", "gz", "tar", "tgz", "zip", "7z", "dmg",
    "exe", "iso", "deb", "rpm",
})  # fmt: skip


class Reading:
    """Which answers are read, and how far: pages and texts always, other documents where an admin wants them."""

    def __init__(self, *, max_bytes: int, with_documents: bool) -> None:
        self._max_bytes = max_bytes
        self._with_documents = with_documents

    def may_read(self, url: str) -> bool:
        """Whether the address is worth a request, as far as its ending tells."""
        ending = _ending_of(url)
        return ending not in _PICTURES_AND_ARCHIVES and (self._with_documents or ending not in _DOCUMENT_ENDINGS)

    def limit(self, url: str, content_type: str) -> int:
        """How many bytes of such an answer are read at most; 0 for what is no document of ours."""
        if content_type in _MARKUP:
            return min(self._max_bytes, LARGEST_MARKUP)
        return self._max_bytes if self._ending(url, content_type) else 0

    def visit(self, answer: Answer) -> tuple[Visit, bytes | None]:
        """The visit and the content to keep with it. Raises Unanswered for what says nothing about the page."""
        if answer.redirect is not None:
            return Visit(Found.ELSEWHERE, target=answer.redirect), None
        if answer.status in _GONE:
            return Visit(Found.GONE), None
        if answer.status >= 400 or answer.status == 304:
            raise Unanswered(f"answers with status {answer.status}")
        if answer.status != 200:
            return Visit(Found.HIDDEN), None
        if answer.content_type in _MARKUP:
            return _of_markup(answer)
        ending = self._ending(answer.url, answer.content_type)
        return _of_file(answer, ending) if ending else (Visit(Found.HIDDEN), None)

    def _ending(self, url: str, content_type: str) -> str:
        """Of a file's format: by its type, or by its name where the server only says that it is some file."""
        if content_type in _TEXTS:
            return _TEXTS[content_type]
        if not self._with_documents:
            return ""
        if content_type in _ANY_FILE:
            return _ending_of(url) if _ending_of(url) in _DOCUMENT_ENDINGS else ""
        return _DOCUMENTS.get(content_type, "")


def unread(reason: str) -> Visit:
    """It is listed, so that reading it fails where people look for what is missing."""
    return Visit(Found.UNREAD, fingerprint=reason)


def _of_markup(answer: Answer) -> tuple[Visit, bytes | None]:
    header = ", ".join(answer.headers.get_list("X-Robots-Tag"))
    page = read_page(answer.body, answer.url, charset=answer.charset, robots_header=header)
    if page is None:
        return Visit(Found.HIDDEN), None
    if page.sent_on is not None and page.sent_on != answer.url:
        return Visit(Found.ELSEWHERE, target=page.sent_on), None
    visit = _validated(_of_page(page, answer.url), answer)
    return (visit, page.content) if page.is_indexed else (replace(visit, found=Found.HIDDEN, target=""), None)


def _of_page(page: Page, url: str) -> Visit:
    return Visit(
        Found.PAGE,
        fingerprint=page.fingerprint,
        title=page.title,
        name=_file_name(url, "html"),
        modified=page.modified_at.isoformat() if page.modified_at else "",
        links=page.links,
        target=page.same_as if page.same_as and page.same_as != url else "",
    )


def _of_file(answer: Answer, ending: str) -> tuple[Visit, bytes | None]:
    """A file has no title before it is read."""
    fingerprint = hashlib.sha256(answer.body).hexdigest()
    visit = Visit(Found.PAGE, fingerprint=fingerprint, name=_file_name(answer.url, ending))
    return _validated(visit, answer), answer.body


def _validated(visit: Visit, answer: Answer) -> Visit:
    return replace(
        visit,
        modified=visit.modified or _last_modified(answer),
        tag=answer.headers.get("ETag", ""),
        stamp=answer.headers.get("Last-Modified", ""),
    )


def _last_modified(answer: Answer) -> str:
    """A page made for each request was "modified" when it was asked for, which says nothing."""
    try:
        modified = parsedate_to_datetime(answer.headers.get("Last-Modified", ""))
        asked = parsedate_to_datetime(answer.headers.get("Date", ""))
        is_made_now = abs((asked - modified).total_seconds()) < 60
    except (ValueError, TypeError):
        return ""
    return "" if is_made_now else modified.astimezone(UTC).isoformat()


def _ending_of(url: str) -> str:
    path = urlsplit(url).path
    return "" if path.endswith("/") else PurePosixPath(path).suffix.lower().lstrip(".")


def _file_name(url: str, ending: str) -> str:
    last = unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2] or "index"
    return last if last.lower().endswith(f".{ending}") else f"{last}.{ending}"
