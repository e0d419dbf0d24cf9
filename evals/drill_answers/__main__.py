"""`python -m evals.drill_answers`: inject every fault, ask real questions over HTTP, and write docs/resilience.md.

It runs on a PostgreSQL, a Valkey, a web server and a model server of its own. Exit status 1 names each fault that gave
a stack trace, an error page, a hang, a wrong claim or a lost row.
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from evals.bench import page
from evals.drill_answers.asking import ask
from evals.drill_answers.faults import FAULTS, REFUSED, Fault
from evals.drill_answers.judging import page_of, wrongs
from evals.drill_answers.stage import Stage, opened
from evals.drill_answers.table import Played, line, lines

PAGE = Path(__file__).resolve().parents[2] / "docs" / "resilience.md"


def main() -> int:
    options = arguments()
    faults = chosen(options.only)
    data_dir = Path(tempfile.mkdtemp(prefix="attest-answers-"))
    began, is_well = time.monotonic(), False
    try:
        with opened(data_dir) as stage:
            say(f"{time.monotonic() - began:6.1f} s  the product runs")
            played = [play(stage, fault) for fault in faults]
            open_rows = stage.open_rows()
        is_well = told(played, open_rows, time.monotonic() - began)
    finally:
        if options.keep or not is_well:
            say(f"Logs are in {data_dir}.")
        else:
            shutil.rmtree(data_dir, ignore_errors=True)
    if not options.dry:
        page.write(PAGE, "faults", lines(played))
    return 0 if is_well else 1


def play(stage: Stage, fault: Fault) -> Played:
    stage.calm()
    if fault.chat:
        stage.chat.play(fault.chat)
    midway = fault.midway
    with fault.around(stage):
        seen = ask(stage.api, fault.question, leaves=fault.leaves, midway=(lambda: midway(stage)) if midway else None)
        text, status = page_of(stage, None) if fault.ends == REFUSED else ("", 0)
        also = fault.also(stage)
    row = stage.row(seen.answer_id) if seen.answer_id is not None else None
    if fault.ends != REFUSED:
        text, status = page_of(stage, row)
    played = Played(fault, seen, row, stage.circuit(fault.circuit), [*also, *wrongs(fault, seen, row, text, status)])
    say(line(played))
    for sentence in played.wrong:
        say(f"WRONG    {fault.name}: {sentence}")
    return played


def told(played: list[Played], open_rows: int, took_s: float) -> bool:
    wrong = [each for each in played if each.wrong]
    if open_rows:
        say(f"WRONG    {open_rows} questions have no finished answer")
    if wrong:
        say(f"{len(wrong)} of {len(played)} faults were not borne: {', '.join(each.fault.name for each in wrong)}.")
    if not wrong and not open_rows:
        say(f"All {len(played)} faults were borne, in {took_s:.0f} seconds.")
    return not wrong and not open_rows


def chosen(names: str) -> list[Fault]:
    known = {fault.name: fault for fault in FAULTS}
    if not names:
        return list(FAULTS)
    if unknown := [name for name in names.split(",") if name not in known]:
        sys.exit(f"There is no fault {unknown[0]}; there are {', '.join(known)}.")
    return [known[name] for name in names.split(",")]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Ask real questions while everything fails.")
    parser.add_argument("--only", default="", help="some faults, by name, with commas between")
    parser.add_argument("--dry", action="store_true", help="leave docs/resilience.md as it is")
    parser.add_argument("--keep", action="store_true", help="keep the folder with the logs")
    return parser.parse_args()


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
