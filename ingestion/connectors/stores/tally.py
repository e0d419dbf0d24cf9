"""What a test of the connection counts, and how it says so."""

from dataclasses import dataclass

from ingestion.connectors.stores.store import Found


@dataclass(slots=True)
class Tally:
    """What a test of the connection counted. `readable` is the path of one file of a size that is read."""

    limit: int
    files: int = 0
    size: int = 0
    over: int = 0
    left_out: int = 0
    readable: str = ""
    is_complete: bool = True

    def add(self, found: Found, is_wanted: bool) -> None:
        if not is_wanted:
            self.left_out += 1
            return
        self.files += 1
        self.size += found.size or 0
        if (found.size or 0) > self.limit:
            self.over += 1
        elif found.size and not self.readable:
            self.readable = found.path

    def words(self) -> str:
        count = f"{self.files:,} file{'' if self.files == 1 else 's'} ({_megabytes(self.size)})"
        parts = [count if self.is_complete else f"More than {count}"]
        if self.over:
            parts.append(f"{self.over:,} over the limit of {_megabytes(self.limit)}")
        if self.left_out:
            parts.append(f"{self.left_out:,} left out by the patterns")
        if not self.files:
            parts.append("check the address and the patterns")
        return ", ".join(parts)


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.0f} MB" if size >= 1_000_000 else f"{size / 1000:,.0f} kB"
