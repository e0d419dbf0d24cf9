"""Writes the measured figures into docs/performance.md, between the marks that belong to them."""

import platform
import re
from datetime import UTC, datetime
from pathlib import Path

import psutil


def machine() -> str:
    cores, memory = psutil.cpu_count(), psutil.virtual_memory().total / 2**30
    return f"{cores} cores, {memory:.0f} GiB, Python {platform.python_version()}, {datetime.now(UTC):%d %B %Y}"


def write(page: Path, section: str, lines: list[str]) -> None:
    """Replace the text between `<!-- section -->` and `<!-- end -->`. The page must have the marks."""
    text = page.read_text(encoding="utf-8")
    pattern = re.compile(rf"(<!-- {section} -->\n).*?(<!-- end -->)", re.S)
    if not pattern.search(text):
        raise ValueError(f"{page} has no section {section}.")
    body = "\n".join([*lines, "", f"*{machine()}.*"])
    page.write_text(pattern.sub(lambda match: f"{match[1]}\n{body}\n\n{match[2]}", text), encoding="utf-8")
