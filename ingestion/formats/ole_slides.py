"""PowerPoint files from before 2007 (PPT), read from their records as [MS-PPT] describes them: slides as pages with
their title, texts and notes.
"""

from __future__ import annotations

import io
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import olefile

from ingestion.documents import Block, BlockKind, LeftOut
from ingestion.formats.office import MACROS
from ingestion.formats.ole_about import about
from ingestion.formats.reading import Reading, corrupt, encrypted
from ingestion.formats.slides import NOTES

_DOCUMENT, _SLIDE_INFO, _MACROS = 1000, 1017, 1024
_SLIDE_LIST, _SLIDE_PERSIST, _NOTES_ATOM = 4080, 1011, 1009
_TEXT_HEADER, _TEXT_CHARACTERS, _TEXT_BYTES, _OUTLINE_REFERENCE = 3999, 4000, 4008, 3998
_USER_EDIT, _PERSIST_DIRECTORY, _PICTURE_FRAME = 4085, 6002, 0xF00A
_TITLE_KINDS = (0, 6)
_ENCRYPTED_TOKEN = 0xF3D1C4DF
_HIDDEN = 0x0004
_DEEPEST, _MOST_EDITS = 30, 1000
_MARKS = str.maketrans({"\x0b": " ", "\x00": ""})


@dataclass(frozen=True, slots=True)
class _Record:
    kind: int
    instance: int
    body: bytes
    is_container: bool

    def children(self) -> Iterator[_Record]:
        if self.is_container:
            yield from _records(self.body)


@dataclass(frozen=True, slots=True)
class _Text:
    kind: int
    text: str


def read_ppt(data: bytes) -> Reading:
    """Slides in the order in which they are shown; hidden ones are left out, notes stand at their slide's end."""
    with olefile.OleFileIO(io.BytesIO(data)) as container:
        user = container.openstream("Current User").read()
        stream = container.openstream("PowerPoint Document").read()
        title, modified_at = about(container)
    token, edit_at = struct.unpack_from("<II", user, 12)
    if token == _ENCRYPTED_TOKEN:
        raise encrypted("PPT file")
    deck = _Deck(stream, edit_at)
    blocks = tuple(deck.blocks())
    return Reading(
        blocks=blocks,
        title=title,
        page_count=deck.slides,
        warnings=(MACROS,) if deck.has_macros else (),
        modified_at=modified_at,
        left_out=deck.left_out,
        pictures=deck.pictures,
    )


class _Deck:
    """A file holds old states of its slides too; the directory says which are current."""

    def __init__(self, stream: bytes, edit_at: int) -> None:
        self._stream = stream
        self._places: dict[int, int] = {}
        document_id = self._read_directory(edit_at)
        self._document = self._record(document_id)
        if self._document is None or self._document.kind != _DOCUMENT:
            raise corrupt("PPT file")
        self.left_out: Counter[LeftOut] = Counter()
        self.slides = 0
        self.pictures = 0
        self.has_macros = any(_says_macros(record) for record in _walk(self._document))

    def _read_directory(self, edit_at: int) -> int:
        """From the newest edit back; the first place found for a number is the current one."""
        document_id = 0
        for _ in range(_MOST_EDITS):
            edit = _record_at(self._stream, edit_at)
            if edit is None or edit.kind != _USER_EDIT:
                break
            _, _, before, directory_at, document = struct.unpack_from("<IIIII", edit.body, 0)
            document_id = document_id or document
            directory = _record_at(self._stream, directory_at)
            if directory is not None and directory.kind == _PERSIST_DIRECTORY:
                self._read_entries(directory.body)
            if before == 0 or before >= edit_at:
                break
            edit_at = before
        return document_id

    def _read_entries(self, body: bytes) -> None:
        at = 0
        while at + 4 <= len(body):
            head = struct.unpack_from("<I", body, at)[0]
            first, count = head & 0xFFFFF, head >> 20
            at += 4
            for step in range(min(count, (len(body) - at) // 4)):
                self._places.setdefault(first + step, struct.unpack_from("<I", body, at + 4 * step)[0])
            at += 4 * count

    def _record(self, number: int) -> _Record | None:
        return _record_at(self._stream, self._places[number]) if number in self._places else None

    def blocks(self) -> Iterator[Block]:
        assert self._document is not None
        lists = [record for record in self._document.children() if record.kind == _SLIDE_LIST]
        notes = dict(self._notes_of(lists))
        for listed in (record for record in lists if record.instance == 0):
            for persist, outline in _entries(listed):
                yield from self._slide(persist, outline, notes)

    def _notes_of(self, lists: list[_Record]) -> Iterator[tuple[int, list[_Text]]]:
        """The notes by the number of the slide that they belong to."""
        for listed in (record for record in lists if record.instance == 2):
            for persist, _ in _entries(listed):
                page = self._record(persist[0])
                atom = _child(page, _NOTES_ATOM)
                if page is not None and atom is not None:
                    yield struct.unpack_from("<I", atom.body, 0)[0], [one for one in _texts(page, []) if one.kind == 2]

    def _slide(self, persist: tuple[int, int], outline: list[_Text], notes: dict[int, list[_Text]]) -> Iterator[Block]:
        self.slides += 1
        slide = self._record(persist[0])
        if slide is not None and _is_hidden(slide):
            self.left_out[LeftOut.SLIDE] += 1
            return
        texts = list(_texts(slide, outline)) if slide is not None else []
        self.pictures += _pictures(slide)
        shown = texts + [text for text in outline if text not in texts]
        for text in sorted(shown, key=lambda one: one.kind not in _TITLE_KINDS):
            yield from _text_blocks(text, self.slides)
        lines = [line for note in notes.get(persist[1], []) for line in _lines(note.text)]
        for at, line in enumerate(lines):
            yield Block(BlockKind.PARAGRAPH, line if at else f"{NOTES}{line}", 0, self.slides)


def _text_blocks(text: _Text, number: int) -> Iterator[Block]:
    if text.kind in _TITLE_KINDS:
        line = " ".join(_lines(text.text))
        if line:
            yield Block(BlockKind.HEADING, line, 1, number)
        return
    kind = BlockKind.LIST_ITEM if text.kind in (1, 5, 7, 8) else BlockKind.PARAGRAPH
    yield from (Block(kind, line, 1 if kind is BlockKind.LIST_ITEM else 0, number) for line in _lines(text.text))


def _lines(text: str) -> list[str]:
    return [line for part in text.split("\r") if (line := " ".join(part.translate(_MARKS).split()))]


def _entries(listed: _Record) -> Iterator[tuple[tuple[int, int], list[_Text]]]:
    """Each slide's numbers in the directory and among the slides, with the texts that its outline holds."""
    persist: tuple[int, int] | None = None
    texts: list[_Text] = []
    kind = 4
    for record in listed.children():
        if record.kind == _SLIDE_PERSIST:
            if persist is not None:
                yield persist, texts
            numbers = struct.unpack_from("<IIIi", record.body, 0)
            persist, texts = (numbers[0], numbers[3]), []
        elif record.kind == _TEXT_HEADER:
            kind = struct.unpack_from("<I", record.body, 0)[0]
        elif record.kind in (_TEXT_CHARACTERS, _TEXT_BYTES):
            texts.append(_Text(kind, _decoded(record)))
    if persist is not None:
        yield persist, texts


def _texts(page: _Record, outline: list[_Text]) -> Iterator[_Text]:
    """The texts of a slide's shapes; some shapes only point at the outline."""
    kind = 4
    for record in _walk(page):
        if record.kind == _TEXT_HEADER:
            kind = struct.unpack_from("<I", record.body, 0)[0]
        elif record.kind in (_TEXT_CHARACTERS, _TEXT_BYTES):
            yield _Text(kind, _decoded(record))
        elif record.kind == _OUTLINE_REFERENCE:
            number = struct.unpack_from("<i", record.body, 0)[0]
            if 0 <= number < len(outline):
                yield outline[number]


def _decoded(record: _Record) -> str:
    return record.body.decode("utf-16-le" if record.kind == _TEXT_CHARACTERS else "latin-1", "replace")


def _says_macros(record: _Record) -> bool:
    return record.kind == _MACROS and len(record.body) >= 8 and struct.unpack_from("<I", record.body, 4)[0] != 0


def _is_hidden(slide: _Record) -> bool:
    info = _child(slide, _SLIDE_INFO)
    return info is not None and len(info.body) >= 12 and bool(struct.unpack_from("<H", info.body, 10)[0] & _HIDDEN)


def _pictures(slide: _Record | None) -> int:
    """Shapes of the picture frame's kind."""
    frames = (record for record in _walk(slide) if record.kind == _PICTURE_FRAME) if slide is not None else ()
    return sum(1 for frame in frames if frame.instance == 75)


def _child(record: _Record | None, kind: int) -> _Record | None:
    return next((child for child in record.children() if child.kind == kind), None) if record is not None else None


def _walk(record: _Record, depth: int = 0) -> Iterator[_Record]:
    for child in record.children():
        yield child
        if depth < _DEEPEST:
            yield from _walk(child, depth + 1)


def _records(data: bytes) -> Iterator[_Record]:
    at = 0
    while (record := _record_at(data, at)) is not None:
        yield record
        at += 8 + len(record.body)


def _record_at(data: bytes, at: int) -> _Record | None:
    if at < 0 or at + 8 > len(data):
        return None
    version, kind, length = struct.unpack_from("<HHI", data, at)
    return _Record(kind, version >> 4, data[at + 8 : at + 8 + length], version & 0xF == 0xF)
