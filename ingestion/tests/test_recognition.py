"""Scanned pages are read where tesseract is installed, and say what is missing where it is not."""

from __future__ import annotations

import io
import shutil
import time

import pytest
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from ingestion.errors import FailureReason, IngestionError
from ingestion.formats import recognition
from ingestion.formats.recognition import Off, Tesseract, recogniser
from ingestion.parser_process import ParserProcess
from ingestion.steps.parse import parse

needs_tesseract = pytest.mark.skipif(
    shutil.which(recognition.PROGRAM) is None or "eng" not in recognition.installed_languages(),
    reason="the program tesseract is not installed",
)


def scan(*pages: str) -> bytes:
    """Pages that are pictures of large letters."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(600, 300))
    font = ImageFont.load_default(size=56)
    for text in pages:
        picture = Image.new("L", (1600, 800), 255)
        ImageDraw.Draw(picture).multiline_text((80, 80), text, font=font, fill=0, spacing=30)
        canvas.drawImage(ImageReader(picture), 0, 0, 600, 300)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


PAGES = ("The garage is closed on Friday.", "Bring a badge to the gate.")


@needs_tesseract
def test_scanned_pages_are_read_in_the_parser_process() -> None:
    with ParserProcess() as process:
        document = process.parse(scan(*PAGES), "scan.pdf", recognise="eng")
    assert [(block.page, block.text) for block in document.blocks] == list(enumerate(PAGES, start=1))
    assert (document.recognised_pages, document.pictures) == (2, 0)


@pytest.mark.timed
@needs_tesseract
def test_what_is_not_read_in_time_stays_a_picture() -> None:
    reader = Tesseract("eng", seconds=60)
    started = time.perf_counter()
    reader._deadline = time.monotonic() - 1
    with pytest.raises(IngestionError) as caught:
        parse(scan(*PAGES), "scan.pdf", reader)
    assert caught.value.reason is FailureReason.SCANNED
    assert time.perf_counter() - started < 5


@needs_tesseract
def test_a_language_that_is_not_installed_is_named() -> None:
    assert "the language xx_none" in recogniser("eng+xx_none", 10).why_off


def test_a_missing_program_is_named_with_the_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognition, "PROGRAM", "tesseract-that-is-not-there")
    with pytest.raises(IngestionError) as caught:
        parse(scan(PAGES[0]), "scan.pdf", recogniser("eng", 10))
    assert caught.value.reason is FailureReason.SCANNED
    assert "needs the program tesseract, which is not installed" in caught.value.message


def test_switched_off_is_said_so() -> None:
    with pytest.raises(IngestionError) as caught:
        parse(scan(PAGES[0]), "scan.pdf")
    assert "text recognition is switched off" in caught.value.message
    assert isinstance(recogniser("", 10), Off)
