"""What a message is made of, read from the server's BODYSTRUCTURE: which parts say its text, which are attachments.

So a message's attachments are known, and can be fetched one by one, without downloading the message.
"""

import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.utils import collapse_rfc2231_value, decode_params
from typing import Any

DEEPEST = 20
MOST_PARTS = 200
LONGEST_NAME = 150
SILENT = ("image", "audio", "video", "font")
SIGNATURES = frozenset({
    "application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature",
    "application/ms-tnef", "application/pgp-encrypted",
})  # fmt: skip
ENCRYPTED = frozenset({"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf of a message. `section` is its number in IMAP; `size` counts bytes as they are encoded."""

    section: str
    kind: str
    charset: str
    encoding: str
    size: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Structure:
    texts: tuple[Part, ...] = ()
    files: tuple[Part, ...] = ()
    is_encrypted: bool = False


def structure_of(body: Any) -> Structure:
    """What `body`, a BODYSTRUCTURE as imapclient gives it, says. Raises ValueError for one that makes no sense."""
    try:
        if _kind(body) in ENCRYPTED:
            return Structure(is_encrypted=True)
        leaves = list(_leaves(body, "", 0))
    except (IndexError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("not a body structure") from error
    texts = [part for part, is_text in leaves if is_text]
    files = [part for part, is_text in leaves if not is_text and _can_speak(part)]
    return Structure(tuple(texts), tuple(files))


def _leaves(body: Any, section: str, depth: int) -> Iterator[tuple[Part, bool]]:
    """Each leaf, and whether it says the message's own text."""
    if depth > DEEPEST:
        return
    if not isinstance(body[0], list):
        yield _leaf(body, section or "1")
        return
    inside = [
        (leaf, _kind(part))
        for number, part in enumerate(body[0][:MOST_PARTS], 1)
        for leaf in _leaves(part, f"{section}.{number}" if section else str(number), depth + 1)
    ]
    if _text(body[1]) != "alternative":
        yield from (leaf for leaf, _ in inside)
        return
    # The same text in several forms: the richest that is read here, which keeps tables and lists.
    rich = any(is_text and part.kind == "text/html" for (part, is_text), _ in inside)
    for (part, is_text), _ in inside:
        if part.kind in ("text/html" if rich else "text/plain", "message/rfc822") or part.name:
            yield part, is_text


def _leaf(body: Any, section: str) -> tuple[Part, bool]:
    kind = _kind(body)
    parameters = _parameters(body[2])
    disposition, told = _disposition(body)
    is_text = kind in ("text/plain", "text/html") and disposition != "attachment"
    name = told.get("filename") or parameters.get("name", "")
    is_text = is_text and not name
    if not name and not is_text:
        name = _made_up_name(kind, body)
    return (
        Part(section, kind, parameters.get("charset", ""), _text(body[5]), int(body[6] or 0), name[-LONGEST_NAME:]),
        is_text,
    )


def _can_speak(part: Part) -> bool:
    return part.kind.partition("/")[0] not in SILENT and part.kind not in SIGNATURES and part.size > 0


def _made_up_name(kind: str, body: Any) -> str:
    if kind == "message/rfc822":
        envelope = body[7] if len(body) > 7 else None
        subject = decoded(_text(envelope[1], lower=False)) if isinstance(envelope, tuple) and len(envelope) > 1 else ""
        return f"{subject or 'message'}.eml"
    return "attachment" + (mimetypes.guess_extension(kind) or "")


def _kind(body: Any) -> str:
    return f"multipart/{_text(body[1])}" if isinstance(body[0], list) else f"{_text(body[0])}/{_text(body[1])}"


def _disposition(body: Any) -> tuple[str, dict[str, str]]:
    """Where it stands depends on the kind of part, so it is looked for by what it looks like."""
    for field in body[7:]:
        if isinstance(field, tuple) and len(field) == 2 and _text(field[0]) in ("attachment", "inline"):
            return _text(field[0]), _parameters(field[1])
        # Some servers give the header's line as it is.
        if isinstance(field, bytes) and _text(field).partition(";")[0].strip() in ("attachment", "inline"):
            kind, _, rest = _text(field, lower=False).partition(";")
            pairs = [pair.partition("=") for pair in rest.split(";") if "=" in pair]
            return kind.strip().lower(), _decoded_parameters([(key.strip(), value.strip()) for key, _, value in pairs])
    return "", {}


def _parameters(flat: Any) -> dict[str, str]:
    if not isinstance(flat, tuple) or not all(isinstance(each, bytes) for each in flat):
        return {}
    texts = [_text(each, lower=False) for each in flat]
    return _decoded_parameters(list(zip(texts[::2], texts[1::2], strict=False)))


def _decoded_parameters(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Names split over several parameters and names in another encoding are put together."""
    try:
        found = decode_params([("", ""), *((key, value) for key, value in pairs)])[1:]
        return {key.lower(): decoded(collapse_rfc2231_value(value)) for key, value in found}
    except (ValueError, TypeError, IndexError, LookupError):
        return {key.lower(): decoded(value) for key, value in pairs}


def decoded(value: str) -> str:
    """A header's value with its encoded words read, on one line; what is encoded wrongly is shown as it stands."""
    try:
        value = str(make_header(decode_header(value)))
    except (LookupError, UnicodeError, ValueError, HeaderParseError):
        value = value.encode("utf-8", "replace").decode()
    shown = "".join(each if each.isprintable() else " " for each in value)
    return " ".join(shown.encode("utf-8", "replace").decode().strip('"').split())


def _text(value: Any, *, lower: bool = True) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else ""
    return text.lower() if lower else text
