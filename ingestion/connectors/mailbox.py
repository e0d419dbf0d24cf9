"""A mailbox folder over IMAP, read-only. Each thread is a document, and its attachments are documents below it.

Threads and attachments are known by message ids, which outlive renumbered folders. Messages are immutable, so what was
seen once is never asked for again: a look costs one search and the headers of new messages.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ingestion.connectors.base import (
    Connection,
    ConnectorKind,
    Fetched,
    Item,
    ItemVanished,
    Memory,
    Setting,
    SettingKind,
)
from ingestion.connectors.mail.bodies import attachment, bodies, newest_that_fit
from ingestion.connectors.mail.document import file_name, page
from ingestion.connectors.mail.headers import letter_of
from ingestion.connectors.mail.imap_client import Place, Session
from ingestion.connectors.mail.imap_session import opened
from ingestion.connectors.mail.notes import MailNotes, Spot
from ingestion.connectors.mail.structure import Part
from ingestion.connectors.mail.threads import Letter, Thread, digest, in_order, threads
from ingestion.network_guard import ALLOWED_HOSTS

FORM = "1"
"""Part of every fingerprint: another one has every thread written anew."""

SECURITY = (("tls", "TLS, usually port 993"), ("starttls", "STARTTLS, usually port 143"), ("none", "None: in clear"))
PORTS = {"tls": 993, "starttls": 143, "none": 143}
_HOST = re.compile(r"[\w.-]+|\[?[0-9a-fA-F:]+\]?")


@dataclass(frozen=True, slots=True)
class MailboxConnector:
    place: Place
    since_days: int
    with_attachments: bool
    memory: Memory
    max_bytes: int

    def items(self) -> Iterator[Item]:
        with opened(self.place) as session:
            found = self._look(session)
        for thread in found:
            yield self._thread_item(thread)
            for letter, part in self._files(thread):
                yield self._file_item(thread, letter, part)

    def fetch(self, external_id: str) -> Fetched:
        with opened(self.place) as session:
            notes = MailNotes(self.memory, session.validity)
            if (spot := notes.spot(external_id)) is None:
                # The notes are lost, or the folder was numbered anew.
                self._look(session)
                spot = notes.spot(external_id)
            if spot is None:
                raise ItemVanished(external_id)
            letters = notes.letters(spot.uids, lambda uids: _letters(session, uids))
            if not spot.section:
                return self._page(session, letters, external_id)
            for letter in letters:
                for part in letter.structure.files:
                    if part.section == spot.section:
                        return attachment(session, letter, part, self.max_bytes)
            raise ItemVanished(external_id)

    def test(self) -> str:
        with opened(self.place) as session:
            recent = len(session.uids(self._since()))
            all_of_them = f"{session.count} message{'' if session.count == 1 else 's'} in {self.place.folder}"
            return f"{all_of_them}, {recent} of the last {self.since_days} days" if self.since_days else all_of_them

    def _look(self, session: Session) -> list[Thread]:
        notes = MailNotes(self.memory, session.validity)
        uids = session.uids(self._since())
        found = threads(notes.letters(uids, lambda some: _letters(session, some), tidy=True))
        spots: dict[str, Spot] = {}
        for thread in found:
            spots[thread.external_id] = Spot(tuple(letter.uid for letter in thread.letters))
            for letter, part in self._files(thread):
                spots[_file_id(letter, part)] = Spot((letter.uid,), part.section)
        notes.place(spots)
        return found

    def _since(self) -> date | None:
        return (datetime.now(UTC) - timedelta(days=self.since_days)).date() if self.since_days else None

    def _files(self, thread: Thread) -> Iterator[tuple[Letter, Part]]:
        if self.with_attachments:
            for letter in thread.letters:
                for part in letter.structure.files:
                    yield letter, part

    def _thread_item(self, thread: Thread) -> Item:
        dates = [letter.sent_at for letter in thread.letters if letter.sent_at]
        told = sorted(f"{letter.message_id} {letter.size}" for letter in thread.letters)
        return Item(
            external_id=thread.external_id,
            fingerprint=digest(FORM, *told),
            modified_at=max(dates, default=None),
            title=thread.subject,
            owner=thread.letters[0].address,
        )

    def _file_item(self, thread: Thread, letter: Letter, part: Part) -> Item:
        return Item(
            external_id=_file_id(letter, part),
            fingerprint=digest(letter.message_id, part.section, str(part.size)),
            modified_at=letter.sent_at,
            title=part.name,
            parent=thread.external_id,
            owner=letter.address,
        )

    def _page(self, session: Session, letters: Sequence[Letter], external_id: str) -> Fetched:
        thread = Thread(external_id, in_order(letters))
        # What is written around each text, and characters that need escaping, take room as well.
        wanted = newest_that_fit(thread.letters, self.max_bytes // 2)
        found = bodies(session, wanted)
        if not found:
            raise ItemVanished(external_id)
        data = page(thread, found, left_out=len(thread.letters) - len(wanted))
        return Fetched(data, file_name(thread))


def _letters(session: Session, uids: Sequence[int]) -> Iterator[Letter]:
    return (letter_of(uid, data) for uid, data in session.headers(uids))


def _file_id(letter: Letter, part: Part) -> str:
    return f"{letter.message_id}/{part.section}/{part.name}"


def check(settings: Mapping[str, Any]) -> None:
    """Refuse what cannot be right; whether the host may be reached is decided whenever it is connected to."""
    host = str(settings.get("host", "")).strip()
    if not _HOST.fullmatch(host):
        raise ValueError("Enter the server's name alone, such as imap.example.com, without imap:// and port.")
    if not str(settings.get("folder", "") or "INBOX").isprintable():
        raise ValueError("Enter the folder as the mail program shows it, such as INBOX or Archive/2024.")


def build(connection: Connection) -> MailboxConnector:
    settings = connection.settings
    place = Place(
        host=str(settings["host"]).strip(),
        port=int(settings.get("port") or (PORTS[str(settings.get("security") or "tls")])),
        security=str(settings.get("security") or "tls"),
        user=str(settings["user"]).strip(),
        password=connection.secrets.get("password", ""),
        folder=str(settings.get("folder") or "INBOX").strip(),
        allowed_hosts=tuple(settings.get(ALLOWED_HOSTS.name) or ()),
        max_bytes=connection.max_bytes,
    )
    return MailboxConnector(
        place=place,
        since_days=int(settings.get("since_days") or 0),
        with_attachments=bool(settings.get("attachments", True)),
        memory=connection.memory,
        max_bytes=connection.max_bytes,
    )


KIND = ConnectorKind(
    kind="mailbox",
    label="Mailbox",
    description="The threads of a mail folder over IMAP, with their attachments. Nothing in the mailbox is changed.",
    settings=(
        Setting("host", "Server", "The IMAP server's name, such as imap.example.com."),
        Setting("security", "Security", "How the connection is encrypted.", SettingKind.CHOICE, True, "tls", SECURITY),
        Setting("port", "Port", "Empty: 993 with TLS, otherwise 143.", SettingKind.NUMBER, False, None, (), 1, 65_535),
        Setting("user", "User name", "Often the mail address."),
        Setting("password", "Password", "Many providers want an app password here.", SettingKind.SECRET, required=True),
        Setting("folder", "Folder", "As the mail program shows it: INBOX, or Archive/2024.", default="INBOX"),
        Setting(
            "since_days",
            "Only the last days",
            "Messages that arrived earlier are left out, and go from search when they get older. Empty or 0: all.",
            SettingKind.NUMBER,
            required=False,
            default=None,
            minimum=0,
            maximum=36_500,
        ),
        Setting(
            "attachments",
            "Attachments as well",
            "Each becomes a document below its thread.",
            SettingKind.FLAG,
            required=False,
            default=True,
        ),
        ALLOWED_HOSTS,
    ),
    build=build,
    check=check,
    keeps_originals=True,
)
