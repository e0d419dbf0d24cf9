"""Documents a second through real Celery workers, by how many of them there are; each time on services of its own."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from app.embedded import postgres_url, valkey_url
from ingestion.drill.processes import Processes

SECTIONS = 10
PATIENCE_S = 600.0
OURS = ("ATTEST_", "DATABASE_URL", "VALKEY_URL")


def measure(workers: int, documents: int) -> dict[str, float]:
    """`documents_per_s` and `chunks_per_s` of a folder source, without the time until the workers have loaded."""
    command = [sys.executable, "-m", "evals.bench.worker_speed", str(workers), str(documents)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main(workers: int, documents: int) -> None:
    data_dir = Path(tempfile.mkdtemp(prefix="attest-bench-"))
    for name in [name for name in os.environ if name.startswith(OURS)]:
        del os.environ[name]
    os.environ |= {
        "ATTEST_DATA_DIR": str(data_dir), "DATABASE_URL": postgres_url(data_dir), "VALKEY_URL": valkey_url(data_dir),
        "ATTEST_WORKERS": str(workers), "DJANGO_SETTINGS_MODULE": "app.settings", "HF_HUB_OFFLINE": "1",
    }  # fmt: skip
    processes = Processes(data_dir, dict(os.environ), workers)
    try:
        processes.start_services()
        figures = _measured(processes, data_dir, workers, documents)
    finally:
        processes.stop()
        shutil.rmtree(data_dir, ignore_errors=True)
    sys.stdout.write(json.dumps(figures) + "\n")


def _measured(processes: Processes, data_dir: Path, workers: int, documents: int) -> dict[str, float]:
    import django

    django.setup()
    from django.core.management import call_command

    from app.corpus.models import Chunk
    from ingestion.sources import create_source, start_sync

    call_command("migrate", interactive=False, verbosity=0)
    # Each worker loads the model with its first document.
    warm, measured = data_dir / "warm", data_dir / "measured"
    generate(warm, 24 * workers, "Warm")
    generate(measured, documents, "Measured")
    sources = [
        create_source(actor=None, name=folder.name, kind="folder", everyone=True, settings={"path": str(folder)})
        for folder in (warm, measured)
    ]
    processes.start_programs()
    start_sync(sources[0], actor=None)
    _wait_until_read(sources[0].pk)
    start_sync(sources[1], actor=None)
    seconds = _wait_until_read(sources[1].pk)
    chunks = Chunk.objects.filter(source=sources[1]).count()
    return {"workers": workers, "documents_per_s": documents / seconds, "chunks_per_s": chunks / seconds}


def generate(folder: Path, documents: int, title: str) -> None:
    folder.mkdir()
    for number in range(documents):
        sections = (
            f"## Part {section}\n\n"
            + f"{title} rule {number} asks for form {section} within {number + section} days of the request. " * 6
            for section in range(SECTIONS)
        )
        (folder / f"{number}.md").write_text(f"# {title} {number}\n\n" + "\n\n".join(sections))


def _wait_until_read(source_id: int) -> float:
    """Seconds from the end of the listing to the end of the run."""
    from ingestion.models import SyncRun

    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        run = SyncRun.objects.filter(source_id=source_id).exclude(state=SyncRun.State.RUNNING).first()
        if run is not None and run.finished_at is not None and run.listed_at is not None:
            return float((run.finished_at - run.listed_at).total_seconds())
        time.sleep(0.2)
    raise TimeoutError("The workers have not read the documents in time.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("workers", type=int)
    parser.add_argument("documents", type=int)
    given = parser.parse_args()
    main(given.workers, given.documents)
