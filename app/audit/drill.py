"""`python -m app.audit.drill`: many processes write entries and are killed at random, and so is the one that chains.

Then it proves that nothing is missing: every entry whose transaction was committed is there once, none of those that
were undone, the sequence has no gap, the chain is whole, and one changed byte is found. It works on a PostgreSQL of its
own in a temporary folder, with all its safety on.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

UNDONE_EVERY = 20
PAUSE_S = 0.2
ACTION = "drill"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`lost` were committed and are not there; `doubled` are there twice; `revived` were undone and are there."""

    entries: int
    seconds: float
    kills: int
    lost: int
    doubled: int
    revived: int
    waiting: int
    broken: str
    verify_seconds: float
    changed: int
    found: str

    @property
    def is_good(self) -> bool:
        return not (self.lost or self.doubled or self.revived or self.waiting or self.broken) and bool(
            self.found.startswith(f"Entry {self.changed} ")
        )

    def __str__(self) -> str:
        return "\n".join([
            f"entries written         {self.entries:,}",
            f"in seconds              {self.seconds:,.1f} ({self.entries / self.seconds:,.0f} a second)",
            f"processes killed        {self.kills}",
            f"committed and lost      {self.lost}",
            f"there twice             {self.doubled}",
            f"undone and there        {self.revived}",
            f"left outside the chain  {self.waiting}",
            f"chain                   {self.broken or 'whole, no gap'} (proved in {self.verify_seconds:.1f} s)",
            f"one byte changed in     entry {self.changed}",
            f"what the proof says     {self.found}",
        ])  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m app.audit.drill", description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--kills", type=int, default=60, help="About so many, spread over the entries by chance.")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    with own_database() as environment:
        os.environ |= environment
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        outcome = drill(asked.entries, asked.writers, kills=asked.kills, seed=asked.seed, environment=environment)
    print(outcome)
    return 0 if outcome.is_good else 1


@contextmanager
def own_database() -> Iterator[dict[str, str]]:
    """The environment of this process's children: a durable PostgreSQL, and a broker that is never asked."""
    from app.embedded import postgres_url, start_postgres, valkey_url

    with tempfile.TemporaryDirectory(prefix="attest-drill-") as folder:
        data_dir = Path(folder)
        server = start_postgres(data_dir)
        try:
            yield {
                "ATTEST_DATA_DIR": folder, "DATABASE_URL": postgres_url(data_dir), "VALKEY_URL": valkey_url(data_dir),
                "DJANGO_SETTINGS_MODULE": "app.settings",
            }  # fmt: skip
        finally:
            server.stop()


def drill(entries: int, writers: int, *, kills: int, seed: int, environment: dict[str, str]) -> Outcome:
    """Needs Django set up on the database that `environment` gives to the children."""
    from app.audit.chaining import chain_waiting
    from app.audit.verifying import verify

    with tempfile.TemporaryDirectory() as folder:
        journals = Path(folder)
        started = time.monotonic()
        chance = random.Random(seed)  # noqa: S311 - no secret
        killed = _storm(entries, writers, kills=kills, chance=chance, journals=journals, environment=environment)
        took = time.monotonic() - started
        while chain_waiting():
            pass
        lost, doubled, revived = _compare(journals)
    began = time.monotonic()
    proof = verify()
    proving = time.monotonic() - began
    changed, found = _change_a_byte(random.Random(seed))  # noqa: S311
    return Outcome(
        entries=_count(), seconds=took, kills=killed, lost=lost, doubled=doubled, revived=revived,
        waiting=proof.waiting,
        broken=str(proof.broken or ""), verify_seconds=proving, changed=changed, found=found,
    )  # fmt: skip


def _storm(
    entries: int, writers: int, *, kills: int, chance: random.Random, journals: Path, environment: dict[str, str]
) -> int:
    """Until so many entries are there and so many kills done, kill one process after another and start it anew."""
    # Each life of a writer has a journal of its own, so that a line cut off by a kill stands at its end.
    lives = 0

    def start(number: int) -> "subprocess.Popen[bytes]":
        nonlocal lives
        lives += 1
        what = ["--chain"] if number == writers else ["--write", f"{number}.{lives}", str(journals / f"{lives}.txt")]
        return subprocess.Popen([sys.executable, "-m", "app.audit.drill", *what], env=os.environ | environment)

    running = [start(number) for number in range(writers + 1)]
    # By the entries written and not by the clock: on a busy machine processes would die before they have begun.
    moments = sorted(chance.randrange(entries) for _ in range(kills))
    killed = 0
    try:
        while (there := _count()) < entries or killed < kills:
            if killed < kills and there >= moments[killed]:
                victim = chance.randrange(writers + 1)
                running[victim].send_signal(signal.SIGKILL)
                running[victim].wait()
                killed += 1
                running[victim] = start(victim)
            time.sleep(PAUSE_S)
    finally:
        for each in running:
            each.kill()
            each.wait()
    return killed + len(running)


def _compare(journals: Path) -> tuple[int, int, int]:
    from django.db.models import Count

    from app.audit.models import AuditEvent

    there = AuditEvent.objects.filter(action=ACTION)
    doubled = there.values("target").annotate(n=Count("pk")).filter(n__gt=1).count()
    targets = set(there.values_list("target", flat=True))
    lines = [line for path in journals.glob("*.txt") for line in path.read_text().split("\n")[:-1]]
    lost = sum(1 for line in lines if line.startswith("kept ") and line[5:] not in targets)
    revived = sum(1 for line in lines if line.startswith("undone ") and line[7:] in targets)
    return lost, doubled, revived


def _change_a_byte(chance: random.Random) -> tuple[int, str]:
    """Change one character of one entry as somebody with all rights could, look what the proof says, and undo it."""
    from django.db import connection, transaction

    from app.audit.models import AuditEvent
    from app.audit.verifying import verify

    places = AuditEvent.objects.filter(action=ACTION, sequence__isnull=False).order_by("sequence")
    event = places[chance.randrange(places.count())]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER audit_is_append_only")
        cursor.execute("UPDATE audit_auditevent SET target = target || '0' WHERE id = %s", [event.pk])
        found = str(verify().broken or "nothing")
        transaction.set_rollback(True)
    return event.sequence or 0, found


def _count() -> int:
    from app.audit.models import AuditEvent

    return AuditEvent.objects.filter(action=ACTION).count()


def write(name: str, journal: Path) -> None:
    """One transaction an entry, for ever; what became of each is noted after it is certain."""
    from django.db import transaction

    from app.audit.events import record_event

    number = 0
    with journal.open("w", buffering=1) as file:
        while True:
            number += 1
            target = f"drill:{name}.{number}"
            is_undone = number % UNDONE_EVERY == 0
            with transaction.atomic():
                record_event(None, ACTION, target, number=number)
                transaction.set_rollback(is_undone)
            file.write(f"{'undone' if is_undone else 'kept'} {target}\n")


def chain() -> None:
    from app.audit.chaining import chain_waiting

    while True:
        if not chain_waiting():
            time.sleep(0.1)


def child(arguments: Sequence[str]) -> None:
    import django

    django.setup()
    if arguments[0] == "--chain":
        chain()
    write(arguments[1], Path(arguments[2]))


if __name__ == "__main__":
    if sys.argv[1:2] in (["--write"], ["--chain"]):
        child(sys.argv[1:])
    sys.exit(main(sys.argv[1:]))
