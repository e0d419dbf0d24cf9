"""Says what a file is from its content first and its name second, because names lie."""

from __future__ import annotations

import io
import re
from enum import StrEnum
from pathlib import PurePosixPath

import olefile

from ingestion.formats.archive import open_container, read_member
from ingestion.formats.decoding import decode
from ingestion.formats.reading import corrupt, encrypted, unsupported


class Format(StrEnum):
    """The formats that are read, named by their usual file name ending."""

    MARKDOWN = "md"
    HTML = "html"
    TEXT = "txt"
    CSV = "csv"
    JSON = "json"
    XML = "xml"
    DOCX = "docx"
    PPTX = "pptx"
    XLSX = "xlsx"
    DOC = "doc"
    PPT = "ppt"
    XLS = "xls"
    PDF = "pdf"
    EML = "eml"
    MSG = "msg"
    RTF = "rtf"
    ODT = "odt"
    ODS = "ods"
    ODP = "odp"
    EPUB = "epub"


MIME_TYPES: dict[Format, str] = {
    Format.MARKDOWN: "text/markdown",
    Format.HTML: "text/html",
    Format.TEXT: "text/plain",
    Format.CSV: "text/csv",
    Format.JSON: "application/json",
    Format.XML: "application/xml",
    Format.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Format.PPTX: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.DOC: "application/msword",
    Format.PPT: "application/vnd.ms-powerpoint",
    Format.XLS: "application/vnd.ms-excel",
    Format.PDF: "application/pdf",
    Format.EML: "message/rfc822",
    Format.MSG: "application/vnd.ms-outlook",
    Format.RTF: "application/rtf",
    Format.ODT: "application/vnd.oasis.opendocument.text",
    Format.ODS: "application/vnd.oasis.opendocument.spreadsheet",
    Format.ODP: "application/vnd.oasis.opendocument.presentation",
    Format.EPUB: "application/epub+zip",
}

_TEXT_ENDINGS = {
    "md": Format.MARKDOWN, "markdown": Format.MARKDOWN, "mdx": Format.MARKDOWN, "mdown": Format.MARKDOWN,
    "html": Format.HTML, "htm": Format.HTML, "xhtml": Format.HTML,
    "csv": Format.CSV, "tsv": Format.CSV, "tab": Format.CSV,
    "json": Format.JSON, "xml": Format.XML, "eml": Format.EML,
    "txt": Format.TEXT, "text": Format.TEXT, "log": Format.TEXT, "rst": Format.TEXT, "adoc": Format.TEXT,
}  # fmt: skip
_OFFICE_FOLDERS = {"word/": Format.DOCX, "ppt/": Format.PPTX, "xl/": Format.XLSX}
_OPEN_DOCUMENTS = {
    "opendocument.text": Format.ODT,
    "opendocument.spreadsheet": Format.ODS,
    "opendocument.presentation": Format.ODP,
    "epub+zip": Format.EPUB,
}
_OTHER_SIGNATURES = (
    (b"\x89PNG", "an image"), (b"\xff\xd8\xff", "an image"), (b"GIF8", "an image"), (b"BM", "an image"),
    (b"II*\0", "an image"), (b"MM\0*", "an image"), (b"RIFF", "a media file"), (b"ID3", "a sound file"),
    (b"\0\0\0\x18ftyp", "a video"), (b"\0\0\0 ftyp", "a video"), (b"\x1f\x8b", "an archive"),
    (b"7z\xbc\xaf", "an archive"), (b"Rar!", "an archive"), (b"BZh", "an archive"),
    (b"\xfd7zXZ", "an archive"), (b"MZ", "a program"), (b"\x7fELF", "a program"),
)  # fmt: skip
_MAIL_HEADERS = re.compile(rb"\A(?:[A-Za-z][\w-]*:[^\n]*\r?\n(?:[ \t][^\n]*\r?\n)*){2,}")
_MAIL_FIELDS = re.compile(rb"^(?:from|received|mime-version|return-path|message-id|delivered-to):", re.I | re.M)
_HTML_START = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
_UNREADABLE_SHARE = 0.1


def ending_of(name: str) -> str:
    """The file name's ending in lower case, without the dot."""
    return PurePosixPath(name.replace("\\", "/")).suffix.lower().lstrip(".")


def detect(data: bytes, name: str) -> Format:
    """Return what to read `data` as, or raise why it is not read."""
    if b"%PDF-" in data[:1024]:
        return Format.PDF
    if data.startswith(b"PK\x03\x04") or data.startswith(b"PK\x05\x06"):
        return _in_zip(data)
    if data.startswith(olefile.MAGIC):
        return _in_ole(data)
    if data.lstrip()[:5] == b"{\\rtf":
        return Format.RTF
    return _in_text(data, ending_of(name))


def _in_zip(data: bytes) -> Format:
    container = open_container(data)
    names = container.namelist()
    if "mimetype" in names:
        declared = read_member(container, "mimetype").decode("ascii", "ignore")
        for part, found in _OPEN_DOCUMENTS.items():
            if part in declared:
                return found
    if "META-INF/container.xml" in names:
        return Format.EPUB
    for folder, office in _OFFICE_FOLDERS.items():
        if any(member.startswith(folder) for member in names):
            return office
    raise unsupported("Archives are not read. Unpack this one and upload the files inside it.")


def _in_ole(data: bytes) -> Format:
    """Office files before 2007, Outlook messages, and the envelope of an encrypted Office file look alike
    from outside.
    """
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            entries = {"/".join(entry).lower() for entry in container.listdir(streams=True, storages=False)}
    except (OSError, ValueError, IndexError, TypeError) as error:
        raise corrupt("file") from error
    if "encryptedpackage" in entries or "encryptioninfo" in entries:
        raise encrypted("Office file")
    if any(entry.startswith("__properties_version1.0") for entry in entries):
        return Format.MSG
    if "workbook" in entries or "book" in entries:
        return Format.XLS
    if "worddocument" in entries:
        return Format.DOC
    if "powerpoint document" in entries:
        return Format.PPT
    raise unsupported("This kind of file is not read. Save it as DOCX, PPTX, XLSX, PDF or text and upload that.")


def _in_text(data: bytes, ending: str) -> Format:
    for signature, kind in _OTHER_SIGNATURES:
        if data.startswith(signature) and not _looks_like_text(data):
            raise unsupported(f"This is {kind}, which has no text to read. Upload its content as a document instead.")
    if not _looks_like_text(data):
        raise _not_text(ending)
    if ending in _TEXT_ENDINGS:
        return _TEXT_ENDINGS[ending]
    if _MAIL_HEADERS.match(data[:8192]) and _MAIL_FIELDS.search(data[:8192]):
        return Format.EML
    return Format.HTML if _HTML_START.match(decode(data[:2048])) else Format.TEXT


def _looks_like_text(data: bytes) -> bool:
    sample = decode(data[:8192])
    strange = sum(
        1 for character in sample if (character < " " and character not in "\t\n\r\f\x1b") or character == "\ufffd"
    )
    return strange <= len(sample) * _UNREADABLE_SHARE


def _not_text(ending: str) -> Exception:
    if ending in {"pdf", "docx", "pptx", "xlsx", "odt", "ods", "odp", "epub", "doc", "ppt", "xls", "msg"}:
        return corrupt(f"{ending.upper()} file")
    return unsupported("This kind of file is not read. Save it as DOCX, PPTX, XLSX, PDF or text and upload that.")
