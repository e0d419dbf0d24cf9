"""`python -m ingestion.drill --seconds 180`: kill everything, again and again, while documents change; then compare.

It runs on a PostgreSQL and a Valkey of its own in a temporary folder. Exit status 1 and a list of what
is wrong, if the index does not equal the folders.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from app.embedded import postgres_url, valkey_url
from ingestion.drill.embeddings import DIMENSIONS, MODEL, EmbeddingServer
from ingestion.drill.folder import ChangingFolder
from ingestion.drill.processes import Processes

SETTLING_S = 240.0
CHANGE_EVERY_S = 0.25
NOT_SETTLED = f"nothing had settled after {SETTLING_S:.0f} seconds"
# In each folder, once the rest has settled.
MOVED_TOGETHER = 8
OURS = ("ATTEST_", "LLM_", "DATABASE_URL", "VALKEY_URL", "SENTRY_DSN", "SECRET_KEY", "DEBUG")


def main() -> int:
    options = arguments()
    data_dir = Path(tempfile.mkdtemp(prefix="attest-drill-"))
    server = EmbeddingServer()
    os.environ.update(environment(data_dir, server.url))
    processes = Processes(data_dir, dict(os.environ), options.workers)
    wrong: list[str] = ["the drill itself was cut off"]
    try:
        processes.start_services()
        wrong = drill(options, data_dir, processes)
    finally:
        processes.stop()
        server.stop()
        if options.keep or wrong:
            print(f"Logs are in {data_dir}.")
        else:
            shutil.rmtree(data_dir, ignore_errors=True)
    return 1 if wrong else 0


def drill(options: argparse.Namespace, data_dir: Path, processes: Processes) -> list[str]:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    chance = random.Random(options.seed)  # noqa: S311 - not for secrets
    folders = {name: ChangingFolder(data_dir / name, chance) for name in ("North", "South")}
    make_sources(data_dir, list(folders))
    processes.start_programs()
    try:
        killed_at = change_and_kill(options, processes, folders, chance)
        processes.start_programs_that_are_gone()
        wrong = moved_as_others(processes, folders, chance) if settle(processes) else [NOT_SETTLED]
    finally:
        from django.db import connection

        connection.close()
    return told(options, processes, folders, killed_at, wrong)


def make_sources(data_dir: Path, names: list[str]) -> None:
    from django.db import connection

    from ingestion.sources import create_source

    for name in names:
        create_source(
            actor=None, name=name, kind="folder", everyone=True, settings={"path": str(data_dir / name)},
            refresh_interval=timedelta(seconds=3), removal_limit=100,
        )  # fmt: skip
    # What is killed from now on must not be waited for by a connection of this process.
    connection.close_pool()  # type: ignore[attr-defined]


def change_and_kill(
    options: argparse.Namespace, processes: Processes, folders: dict[str, ChangingFolder], chance: random.Random
) -> float:
    """Until the time is over; returns the seconds from the start to the last kill."""
    began = time.monotonic()
    next_kill, killed_at = began + options.first_kill, 0.0
    while (now := time.monotonic()) < began + options.seconds:
        chance.choice(list(folders.values())).change()
        if now >= next_kill:
            name = processes.kill_one(chance)
            killed_at = time.monotonic() - began
            say(f"{killed_at:6.1f} s  killed {name}")
            next_kill = time.monotonic() + chance.uniform(options.pause / 2, options.pause * 1.5)
        time.sleep(CHANGE_EVERY_S)
    return killed_at


def settle(processes: Processes) -> bool:
    """Wait until every source was looked at after the last change, and nothing is left to do."""
    from django.db import Error, connection
    from django.utils import timezone

    from ingestion.sweep import sweep_originals

    changed_at, deadline = timezone.now(), time.monotonic() + SETTLING_S
    while time.monotonic() < deadline:
        processes.start_programs_that_are_gone()
        try:
            if is_settled(changed_at):
                sweep_originals(timedelta(0))
                return True
        except Error:
            connection.close()
        time.sleep(0.5)
    return False


def moved_as_others(processes: Processes, folders: dict[str, ChangingFolder], chance: random.Random) -> list[str]:
    """Move files and kill something at once: sentences on those that are not the same document afterwards."""
    from ingestion.drill.verify import document_keys

    before = document_keys()
    moved = {name: folder.move_some(MOVED_TOGETHER) for name, folder in folders.items()}
    say(f"         moved {sum(map(len, moved.values()))} files, then killed {processes.kill_one(chance)}")
    if not settle(processes):
        return [NOT_SETTLED]
    after = document_keys()
    return [
        f"moved as another document: {old} to {new}"
        for source, names in moved.items()
        for new, old in names.items()
        if after.get((source, new)) != before[source, old]
    ]


def is_settled(changed_at: object) -> bool:
    from app.corpus.models import Source
    from ingestion.models import IngestionJob, SyncRun

    looked = SyncRun.objects.filter(state=SyncRun.State.SUCCEEDED, started_at__gte=changed_at)
    seen = looked.values("source").distinct().count() == Source.objects.count()
    running = SyncRun.objects.filter(state=SyncRun.State.RUNNING, started_at__lt=changed_at)
    return seen and not running.exists() and not IngestionJob.objects.exists()


def told(
    options: argparse.Namespace,
    processes: Processes,
    folders: dict[str, ChangingFolder],
    killed_at: float,
    wrong: list[str],
) -> list[str]:
    """Print the counts; returns what is wrong, with what was before."""
    from ingestion.drill.verify import counts, differences

    # Nothing may move while it is compared.
    processes.stop_programs()
    wrong = wrong + differences({name: folder.truth for name, folder in folders.items()})
    done = {
        name: sum(folder.counts[name] for folder in folders.values())
        for name in ("added", "edited", "moved", "removed")
    }
    say(f"seed {options.seed}, {options.seconds:.0f} seconds, last kill after {killed_at:.0f}")
    say("changes  " + ", ".join(f"{count} {name}" for name, count in done.items()))
    say("kills    " + ", ".join(f"{count} {name}" for name, count in processes.kills.items()))
    say("files    " + str(sum(len(folder.truth) for folder in folders.values())))
    say("index    " + ", ".join(f"{count} {name}" for name, count in counts().items()))
    for sentence in wrong[:40]:
        say(f"WRONG    {sentence}")
    say("The index equals the folders." if not wrong else f"{len(wrong)} things are wrong.")
    return wrong


def environment(data_dir: Path, encoder_url: str) -> dict[str, str]:
    for name in [name for name in os.environ if name.startswith(OURS)]:
        del os.environ[name]
    return {
        "ATTEST_DATA_DIR": str(data_dir), "DATABASE_URL": postgres_url(data_dir), "VALKEY_URL": valkey_url(data_dir),
        "ATTEST_ENCODER_BASE_URL": encoder_url, "ATTEST_ENCODER_MODEL": MODEL,
        "ATTEST_ENCODER_DIMENSIONS": str(DIMENSIONS), "ATTEST_LONGEST_PAUSE_MINUTES": "1",
        "ATTEST_WORK_SECONDS": "3", "HF_HUB_OFFLINE": "1", "DJANGO_SETTINGS_MODULE": "ingestion.drill.settings",
    }  # fmt: skip


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Kill everything while documents change; then compare.")
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--first-kill", type=float, default=6.0, help="seconds until the first kill")
    parser.add_argument("--pause", type=float, default=4.0, help="seconds between kills, on average")
    parser.add_argument("--keep", action="store_true", help="keep the folder with its logs")
    return parser.parse_args()


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
