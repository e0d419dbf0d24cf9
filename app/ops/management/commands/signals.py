"""`manage.py signals`: runs the tests of production now, and prints what each of them says."""

from typing import Any

from django.core.management.base import BaseCommand

from app.quality.models import SEVERITY, Signal
from app.quality.recording import watch_days, watch_minutes
from app.quality.watching import Look


class Command(BaseCommand):
    help = "Look for signals in production now, record what is found, and print what each test says."

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"{'':3} {'signal':13} {'figure':12} {'lately':>9} {'usual':>9}  {'days':>5}  says")
        for look in [*watch_minutes(), *watch_days()]:
            self.stdout.write(line_of(look))
        standing = Signal.objects.exclude(state=Signal.State.CLOSED).count()
        self.stdout.write(f"{standing} open. Details: the page Quality, tab Signals.")


def line_of(look: Look) -> str:
    says = "found" if look.is_found else "is back" if look.is_back else "nothing" if look.known else "no figures yet"
    name = look.figure + (f" ({look.slice})" if look.slice else "")
    figures = f"{_number(look.recent):>9} {_number(look.before):>9}  {look.known:>5}"
    return f"{SEVERITY[look.kind]:3} {look.kind:13} {name:12} {figures}  {says}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
