"""Reads text out of pictures of pages with the program tesseract, where it is installed.

Works without temporary files: the picture goes in and the words come out through pipes. Stops in time: what is not read
when the seconds given are used up stays a picture.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import pypdfium2

PROGRAM = "tesseract"
_DOTS_PER_INCH = 200
_MOST_PIXELS = 40_000_000
# Tesseract's own measure, from 0 to 100; below it words are mostly dirt on the paper.
_LEAST_CONFIDENCE = 40.0
_LEAST_LETTERS = 2
_LETTERS = re.compile(r"\w")
_START_TIMEOUT_S = 10


class Recogniser(Protocol):
    """Reads pictures of pages; `why_off` says, where it does not, what an admin can do."""

    @property
    def why_off(self) -> str: ...

    def paragraphs(self, page: pypdfium2.PdfPage) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Off:
    """Text recognition that is not there."""

    why_off: str = "text recognition is switched off"

    def paragraphs(self, page: pypdfium2.PdfPage) -> list[str]:
        return []


class Tesseract:
    """Text recognition for one document."""

    why_off = ""

    def __init__(self, languages: str, seconds: float) -> None:
        self._languages = languages
        self._deadline = time.monotonic() + seconds

    def paragraphs(self, page: pypdfium2.PdfPage) -> list[str]:
        """The paragraphs found on one page, none where the time is used up or nothing is legible."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            return []
        command = [PROGRAM, "stdin", "stdout", "-l", self._languages, "--dpi", str(_DOTS_PER_INCH), "tsv"]
        try:
            done = subprocess.run(command, input=_picture(page), capture_output=True, timeout=left, check=False)
        except (subprocess.TimeoutExpired, OSError):
            return []
        return _paragraphs(done.stdout.decode("utf-8", "replace")) if done.returncode == 0 else []


def recogniser(languages: str, seconds: float) -> Recogniser:
    """The recogniser for `languages`, written as `eng+deu`; one that is off where the program or a language is missing.

    No languages: recognition is switched off.
    """
    if not languages:
        return Off()
    if shutil.which(PROGRAM) is None:
        return Off("text recognition needs the program tesseract, which is not installed")
    missing = sorted(set(languages.split("+")) - installed_languages())
    if missing:
        return Off(f"the program tesseract has no data for the language {', '.join(missing)}")
    return Tesseract(languages, seconds)


@cache
def installed_languages() -> frozenset[str]:
    """The languages that the installed program can read."""
    try:
        said = subprocess.run([PROGRAM, "--list-langs"], capture_output=True, timeout=_START_TIMEOUT_S, check=False)
    except (subprocess.TimeoutExpired, OSError):
        return frozenset()
    return frozenset(said.stdout.decode("utf-8", "replace").split()[1:])


def _picture(page: pypdfium2.PdfPage) -> bytes:
    """The page as a grey picture in the portable format that needs no encoder."""
    width, height = page.get_size()
    scale = _DOTS_PER_INCH / 72
    scale = min(scale, (_MOST_PIXELS / max(width * height, 1)) ** 0.5)
    bitmap = page.render(scale=scale, grayscale=True)
    try:
        pixels = bytes(bitmap.buffer)
        rows = (pixels[row * bitmap.stride : row * bitmap.stride + bitmap.width] for row in range(bitmap.height))
        return b"P5 %d %d 255\n" % (bitmap.width, bitmap.height) + b"".join(rows)
    finally:
        bitmap.close()


def _paragraphs(table: str) -> list[str]:
    """Tesseract's table has a row a word, with the numbers of its block, paragraph and line."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in table.split("\n")[1:]:
        cells = row.split("\t")
        if len(cells) >= 12 and _is_word(cells[11], cells[10]):
            found.setdefault((cells[2], cells[3]), []).append(cells[11].strip())
    texts = (" ".join(words) for words in found.values())
    return [text for text in texts if len(_LETTERS.findall(text)) >= _LEAST_LETTERS]


def _is_word(text: str, confidence: str) -> bool:
    try:
        return bool(text.strip()) and float(confidence) >= _LEAST_CONFIDENCE
    except ValueError:
        return False
