"""Runs the whole product in the foreground: services, migrations, sample, then web, worker and beat."""

import os
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from app.corpus.models import Source
from app.embedded import EmbeddedServiceError, ensure_services
from app.embedded.folder import prepare_folder
from app.embedded.locks import FileLock
from app.ops.sample_company import SignIn, sign_ins
from app.supervisor.address import AddressError, page_address, probe_headers, wait_until_free, wait_until_ready
from app.supervisor.console import Console
from app.supervisor.programs import programs
from app.supervisor.supervise import Supervisor
from app.supervisor.waiting import ServiceError, wait_for_postgres, wait_for_valkey

READY_SECONDS = 120.0
# How long what a killed run left behind may take to end by itself.
LEAVING_SECONDS = 15.0


class Command(BaseCommand):
    """`manage.py serve`; Ctrl-C stops everything that it started, and nothing else."""

    help = "Run web, worker and beat with the services they need, until Ctrl-C."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Bring everything up in order; a reason not to is one sentence and exit status 2."""
        console = Console()
        try:
            with ExitStack() as stack:
                healthy = run(self.bring_up(stack, console), console)
        except (AddressError, EmbeddedServiceError, ServiceError) as error:
            self.stderr.write(str(error))
            sys.exit(2)
        except KeyboardInterrupt:
            console.say("Stopped before the start was complete; run it again and it continues.")
            sys.exit(130)
        console.say("Stopped.")
        sys.exit(0 if healthy else 1)

    def bring_up(self, stack: ExitStack, console: Console) -> list[SignIn]:
        """Do what must be done before the first process starts; return the accounts to try it with."""
        lock = stack.enter_context(only_one(settings.ATTEST_DATA_DIR))
        was_killed = bool(lock.noted())
        lock.note(str(os.getpid()))
        stack.callback(lock.note, "")
        wait_until_free(settings.ATTEST_HOST, settings.ATTEST_PORT, LEAVING_SECONDS if was_killed else 0.0)
        for handle in ensure_services(settings.ATTEST_DATA_DIR):
            stack.enter_context(handle)
        wait_for_services(console)
        migrate()
        if not settings.DEBUG:
            call_command("collectstatic", interactive=False, verbosity=0)
        if settings.DEBUG:
            load_sample_once(settings.ATTEST_DATA_DIR / "sample-unfinished")
        accounts = sign_ins()
        for each in connections.all(initialized_only=True):
            each.close_pool()  # type: ignore[attr-defined]
        return accounts


def only_one(data_dir: Path) -> FileLock:
    """Hold the data folder for this process; the kernel lets go of it however the process ends.

    The lock has the number of the process that holds it, or of the one that was killed while it did.
    """
    prepare_folder(data_dir)
    lock = FileLock(data_dir / "serve.lock")
    if not lock.try_alone():
        raise EmbeddedServiceError(
            f"Attest already runs on {data_dir} as process {lock.noted() or 'unknown'}; stop that one first, "
            "or set ATTEST_DATA_DIR and ATTEST_PORT for a second one."
        )
    return lock


def wait_for_services(console: Console) -> None:
    """Wait for the services that the settings name; embedded ones answer already."""
    if settings.DATABASE_URL:
        wait_for_postgres(settings.DATABASE_URL, console)
    if settings.VALKEY_URL:
        wait_for_valkey(settings.VALKEY_URL, console)


def migrate() -> None:
    """Migrate if there is something to migrate; asking costs a tenth of Django's own command."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)


def load_sample_once(unfinished: Path) -> None:
    """Load the sample into an empty database, and again if the last time was cut off."""
    if unfinished.exists() or not Source.objects.exists():
        unfinished.touch()
        load_sample()
        unfinished.unlink()


def load_sample() -> None:
    """Load the sample company in a process of its own, whose memory for models is given back."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "load_sample"]
    if subprocess.run(command, check=False, cwd=settings.BASE_DIR).returncode != 0:
        raise ServiceError(
            "The sample company could not be loaded; the lines above say why. Run `make run` to try again, "
            "or with DEBUG=false to do without it."
        )


def run(accounts: list[SignIn], console: Console) -> bool:
    """Run the processes until told to stop; False if one of them would not stay up."""
    threading.Thread(target=announce, args=(accounts, console), daemon=True).start()
    line_up = programs(settings.ATTEST_DATA_DIR, settings.ATTEST_WORKERS, settings.ATTEST_LOG_LEVEL)
    return Supervisor(line_up, console).run()


def announce(accounts: list[SignIn], console: Console) -> None:
    """Say where the product is as soon as it answers, or what is missing if it does not come up."""
    host, port = settings.ATTEST_HOST, settings.ATTEST_PORT
    headers = probe_headers(settings.ALLOWED_HOSTS, https=settings.ATTEST_HTTPS)
    missing = wait_until_ready(host, port, headers, READY_SECONDS)
    if missing:
        console.say(f"Not ready after {READY_SECONDS:.0f} seconds; /readyz says: {missing}")
        return
    lines = ["", f"Attest is ready: {page_address(host, port)}"]
    if accounts:
        width = max(len(account.email) for account in accounts)
        lines += [f"  {each.email:<{width}}  {each.password}  {each.description}" for each in accounts]
    console.say("\n".join([*lines, "Press Ctrl-C to stop.", ""]))
