"""A file's name does in a browser what it seems to do: it is a name, it reads as written, and it is no header."""

import re
from urllib.parse import unquote

import pytest
from django.utils.http import content_disposition_header
from hypothesis import given
from hypothesis import strategies as st

from app.web.file_names import MOST_CHARACTERS, harmless_name, is_seen


@pytest.mark.parametrize(
    ("name", "harmless"),
    [
        ("budget.md", "budget.md"),
        ("Übersicht 2026.pdf", "Übersicht 2026.pdf"),
        ("日本.docx", "日本.docx"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\autoexec.bat", "autoexec.bat"),
        ("notes\r\nSet-Cookie: a=b.md", "notes Set-Cookie_ a=b.md"),
        ('a"; filename="b.exe', "a_; filename=_b.exe"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("zero\u200bwidth.md", "zerowidth.md"),
        (".htaccess", "htaccess"),
        ("...", "document"),
        ("", "document"),
        ("a" * 500 + ".md", "a" * (MOST_CHARACTERS - 2) + ".md"),
        ("con:stream.txt", "con_stream.txt"),
        ("null\x00byte.md", "nullbyte.md"),
    ],
)
def test_names(name: str, harmless: str) -> None:
    assert harmless_name(name) == harmless


@given(st.text(max_size=300))
def test_no_name_leaves_its_folder_its_line_or_its_reading_direction(name: str) -> None:
    harmless = harmless_name(name)
    assert harmless
    assert len(harmless) <= MOST_CHARACTERS + 1
    assert not re.search(r'[\\/:*?"<>|\r\n\x00]', harmless)
    assert not harmless.startswith(".")
    assert all(is_seen(each) for each in harmless)
    header = content_disposition_header(True, harmless)
    assert header
    assert header.isascii()
    assert header.isprintable()
    assert told_by(header) == harmless


def told_by(header: str) -> str:
    """The name as RFC 6266 has it read: as it is, or as UTF-8 in per cent."""
    found = re.fullmatch(r"""attachment; filename(?:="(?P<plain>[^"]*)"|\*=utf-8''(?P<coded>.*))""", header)
    assert found
    return unquote(found["coded"]) if found["coded"] is not None else found["plain"]
