"""Fetches what messages say, and single attachments, part by part: no message is downloaded whole."""

from collections import defaultdict
from collections.abc import Sequence
from email.message import Message

from ingestion.connectors.base import Fetched, ItemVanished
from ingestion.connectors.mail.document import ENCRYPTED, LEFT_OUT, Body
from ingestion.connectors.mail.imap_client import Session
from ingestion.connectors.mail.structure import Part
from ingestion.connectors.mail.threads import Letter
from ingestion.errors import FailureReason, IngestionError
from ingestion.formats.decoding import decode

LARGEST_TEXT = 5_000_000
MESSAGES_AT_ONCE = 50
Encoded = dict[str, bytes]


def newest_that_fit(letters: Sequence[Letter], most: int) -> list[Letter]:
    """The newest messages whose texts together stay below `most` bytes; at least one."""
    kept: list[Letter] = []
    for letter in reversed(letters):
        most -= sum(part.size for part in _readable(letter))
        if most < 0 and kept:
            break
        kept.append(letter)
    return kept[::-1]


def bodies(session: Session, letters: Sequence[Letter]) -> list[tuple[Letter, Body]]:
    """What each message that is still there says, in the given order."""
    alike: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for letter in letters:
        alike[tuple(part.section for part in _readable(letter))].append(letter.uid)
    found: dict[int, Encoded] = {}
    for sections, uids in alike.items():
        for begin in range(0, len(uids), MESSAGES_AT_ONCE):
            found |= session.parts(uids[begin : begin + MESSAGES_AT_ONCE], sections)
    return [(letter, _body(letter, found[letter.uid])) for letter in letters if letter.uid in found]


def attachment(session: Session, letter: Letter, part: Part, max_bytes: int) -> Fetched:
    """Raises ItemVanished when the message is gone, IngestionError for a file that is too large."""
    # Four characters of a mail carry three bytes of a file, and every line ends in two more.
    if part.encoding == "base64" and part.size * 0.72 > max_bytes:
        raise _too_large(max_bytes)
    found = session.parts([letter.uid], [part.section])
    if letter.uid not in found:
        raise ItemVanished(part.name)
    data = _plain_bytes(found[letter.uid][part.section], part.encoding)
    if len(data) > max_bytes:
        raise _too_large(max_bytes)
    return Fetched(data, part.name)


def _readable(letter: Letter) -> list[Part]:
    return [part for part in letter.structure.texts if part.size <= LARGEST_TEXT]


def _body(letter: Letter, found: Encoded) -> Body:
    if letter.structure.is_encrypted:
        return Body(note=ENCRYPTED)
    parts = _readable(letter)
    texts = [
        (part.kind, decode(_plain_bytes(found[part.section], part.encoding), part.charset or None)) for part in parts
    ]
    return Body([each for each in texts if each[1].strip()], LEFT_OUT if letter.structure.texts and not parts else "")


def _plain_bytes(data: bytes, encoding: str) -> bytes:
    """The bytes that were encoded for the way; what is encoded wrongly is taken as far as it goes."""
    carrier = Message()
    carrier["Content-Transfer-Encoding"] = encoding or "7bit"
    carrier.set_payload(data.decode("ascii", "surrogateescape"))
    payload = carrier.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _too_large(limit: int) -> IngestionError:
    return IngestionError(
        FailureReason.TOO_LARGE,
        f"The attachment is larger than the limit of {limit / 1_000_000:.0f} MB; upload it in parts, "
        "or raise ATTEST_MAX_FILE_MB.",
    )
