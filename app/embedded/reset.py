"""Starting over: `python -m app.embedded.reset` deletes what Attest keeps in its data folder."""

import os
import shutil
import sys
from pathlib import Path

from app.embedded.ensure import stop_unused
from app.embedded.errors import EmbeddedServiceError, explain_os_error

# Everything the product writes below the data folder. A folder that holds other things too keeps them.
OURS = ("postgres", "postgres.new", "valkey", "originals", "static", "logs", "beat-schedule")
LOCKS = ("*.lock", "sample-unfinished", "beat-schedule*", ".probe-*")


def reset(data_dir: Path) -> None:
    """Stop leftover servers and delete our files; raises EmbeddedServiceError while Attest runs."""
    if not data_dir.is_dir():
        return
    if not stop_unused(data_dir):
        raise EmbeddedServiceError(f"Attest runs on {data_dir}; stop it first, then reset.")
    try:
        for path in [data_dir / name for name in OURS]:
            if path.is_dir():
                shutil.rmtree(path)
        for pattern in LOCKS:
            for file in data_dir.glob(pattern):
                file.unlink()
    except OSError as error:
        raise explain_os_error(error, data_dir) from error


def main(arguments: list[str]) -> int:
    """Ask, unless told `--yes`, and reset."""
    from app.env import ConfigurationError

    try:
        from app import settings

        if settings.DATABASE_URL or settings.VALKEY_URL:
            _say("DATABASE_URL or VALKEY_URL is set; only data of the embedded services can be reset.")
            return 2
        data_dir = settings.ATTEST_DATA_DIR
        if "--yes" not in arguments and not _agreed(data_dir):
            _say("Nothing was deleted.")
            return 1
        reset(data_dir)
    except (ConfigurationError, EmbeddedServiceError) as error:
        _say(str(error))
        return 2
    _say(f"Deleted. `make run` starts with an empty {os.path.relpath(data_dir)}.")
    return 0


def _agreed(data_dir: Path) -> bool:
    _say(f"This deletes all documents, questions and accounts in {data_dir}. Type yes to go on:")
    return sys.stdin.readline().strip().lower() == "yes"


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
