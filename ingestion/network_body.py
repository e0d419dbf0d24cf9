"""The body of an answer, unpacked here and counted while it unpacks, so that a small answer cannot fill the memory."""

import zlib

import httpx

ACCEPTED = "gzip, deflate"
GZIP = b"\x1f\x8b"
_PACKED = frozenset({"gzip", "x-gzip", "deflate"})
_EITHER_HEADER = 47


class BodyTooLarge(Exception):  # noqa: N818 - the name says what happened
    """More than was wanted, packed or unpacked; the rest was not read."""


class BodyBroken(Exception):  # noqa: N818 - the name says what happened
    """The body is cut off, or packed in a way that nobody asked for."""


def read_body(response: httpx.Response, max_bytes: int) -> bytes:
    """The unpacked body of a response opened with `stream`, whose request accepted `ACCEPTED` and no more."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower() or "identity"
    if encoding != "identity" and encoding not in _PACKED:
        raise BodyBroken(f"The body is packed with {encoding[:40]}.")
    counted = _Counted(max_bytes)
    packed = _Unpacking(counted) if encoding in _PACKED else counted
    for piece in response.iter_raw():
        packed.take(piece)
    return packed.end()


def unpacked(data: bytes, max_bytes: int) -> bytes:
    """The content of a gzip file."""
    unpacking = _Unpacking(_Counted(max_bytes))
    unpacking.take(data)
    return unpacking.end()


class _Counted:
    def __init__(self, max_bytes: int) -> None:
        self.left = max_bytes
        self._pieces: list[bytes] = []

    def take(self, piece: bytes) -> None:
        self.left -= len(piece)
        if self.left < 0:
            raise BodyTooLarge
        self._pieces.append(piece)

    def end(self) -> bytes:
        return b"".join(self._pieces)


class _Unpacking:
    def __init__(self, counted: _Counted) -> None:
        self._counted = counted
        self._inflate = zlib.decompressobj(_EITHER_HEADER)
        self._is_empty = True

    def take(self, piece: bytes) -> None:
        self._is_empty = self._is_empty and not piece
        try:
            while piece and not self._inflate.eof:
                # One byte more than may be left tells a body that fits from one that does not.
                self._counted.take(self._inflate.decompress(piece, self._counted.left + 1))
                piece = self._inflate.unconsumed_tail
                if self._inflate.eof and self._inflate.unused_data.startswith(GZIP):
                    piece, self._inflate = self._inflate.unused_data, zlib.decompressobj(_EITHER_HEADER)
        except zlib.error as error:
            raise BodyBroken("The body cannot be unpacked.") from error

    def end(self) -> bytes:
        if not self._inflate.eof and not self._is_empty:
            raise BodyBroken("The body is cut off.")
        return self._counted.end()
