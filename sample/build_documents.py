"""Builds the sample company's DOCX, PPTX, XLSX, PDF and EML files from the texts in `builder/content`.

Run `python -m sample.build_documents` after a change to those texts. The same texts give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sample.builder.mails import write_mail
from sample.builder.markup import SourceText, read_source
from sample.builder.pages import write_pages
from sample.builder.sheets import write_sheets
from sample.builder.slides import write_slides
from sample.builder.word import write_word

HERE = Path(__file__).parent
CONTENT = HERE / "builder" / "content"
DOCUMENTS = HERE / "documents"
SUFFIX = ".src"
WRITERS: dict[str, Callable[[SourceText, datetime], bytes]] = {
    ".docx": write_word,
    ".pptx": write_slides,
    ".xlsx": write_sheets,
    ".pdf": write_pages,
}


def sources() -> list[Path]:
    """Every text that becomes a document; attachments are built into their mails only."""
    return sorted(path for path in CONTENT.rglob(f"*{SUFFIX}") if "attachments" not in path.parts)


def build(path: Path) -> bytes:
    """The finished file of one source text; its kind is the suffix before `.src`."""
    source = read_source(path)
    moment = datetime.fromisoformat(source.header["date"])
    kind = path.with_suffix("").suffix
    if kind == ".eml":
        return write_mail(source, moment, _attachment(source.header.get("attachment")))
    return WRITERS[kind](source, moment)


def _attachment(name: str | None) -> bytes | None:
    if name is None:
        return None
    plain = CONTENT / "attachments" / name
    return plain.read_bytes() if plain.exists() else build(plain.with_name(name + SUFFIX))


def target_of(path: Path) -> Path:
    return DOCUMENTS / path.relative_to(CONTENT).with_suffix("")


def main() -> None:
    for path in sources():
        target = target_of(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(build(path))
        print(f"{target.relative_to(DOCUMENTS)}  {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
