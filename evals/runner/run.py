"""One run: the company copied, the cases asked several at once, each result written down as soon as it is there."""

import asyncio
import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from django.utils import timezone

from app.prompts.active import active_prompt, load_active_prompts
from app.quality import made_of as making
from app.quality.made_of import differing
from evals.cases.case import Case
from evals.cases.readers import may_read
from evals.runner import files
from evals.runner.asking import hear
from evals.runner.company_database import company_database
from evals.runner.files import NoSuchRun, Run
from evals.runner.modes import Mode, Stage, model_name, staged
from evals.runner.report import write_report
from evals.runner.scoring import Result, Rules, result_of, with_its_case
from evals.runner.summary import summarised
from evals.runner.tried import NOTHING, NotThere, Tried, setting_of

Report = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases: all, or those that have all that is named. `half` is "tune", "report" or ""."""

    tags: Collection[str] = ()
    half: str = ""
    cases: Collection[str] = ()

    def of(self, cases: Sequence[Case]) -> list[Case]:
        return [case for case in cases if self._wants(case)]

    def _wants(self, case: Case) -> bool:
        if self.half and case.is_tuned_on != (self.half == "tune"):
            return False
        if self.tags and not set(self.tags).intersection(case.tags):
            return False
        return not self.cases or case.id in self.cases

    def filters(self) -> dict[str, object]:
        named = {"tags": sorted(self.tags), "half": self.half, "cases": sorted(self.cases)}
        return {name: value for name, value in named.items() if value}


def at_once() -> int:
    """One question for each core."""
    return os.cpu_count() or 1


def silent(done: int, total: int) -> None:
    """Whoever wants to see the company being read calls `ensure_template` first."""


def run_cases(
    cases: Sequence[Case],
    mode: Mode,
    parallel: int,
    report: Report,
    filters: dict[str, object],
    *,
    tried: Tried = NOTHING,
) -> tuple[Run, list[Result]]:
    """A new run of all these cases, with what is in use but for what is `tried`. Raises NoModel and NotThere."""
    setting = setting_of(tried)
    with company_database(silent), setting.in_use():
        run = Run(
            name=files.new_name(mode), mode=mode.value, model=model_name(mode),
            started_at=timezone.now().isoformat(timespec="seconds"), cases=[case.id for case in cases],
            filters=filters, made_of=made_of(mode), tried=tried.as_json(),
        )  # fmt: skip
        files.begun(run)
        return run, _asked(run, cases, parallel, report)


def resume(name: str, cases: Sequence[Case], parallel: int, report: Report) -> tuple[Run, list[Result]]:
    """What a run lacks. Raises NoSuchRun, also where it was begun with something else in use."""
    run = files.read_run(name)
    try:
        setting = setting_of(Tried(**run.tried))
    except NotThere as error:
        raise NoSuchRun(f"{name} cannot be gone on with: {error}") from error
    with company_database(silent), setting.in_use():
        if changed := differing(run.made_of, made_of(Mode(run.mode))):
            raise NoSuchRun(f"{name} cannot be gone on with: {', '.join(changed)} changed since. Start a new run.")
        return run, _asked(run, [case for case in cases if case.id in run.cases], parallel, report)


def heard_and_judged(
    cases: Sequence[Case], mode: Mode, parallel: int, keep: Callable[[Result], None] = lambda result: None
) -> list[Result]:
    """The results of cases in the database that is connected now, in the order of the cases."""
    found: dict[str, Result] = {}
    rules = Rules(may_read, instructions())
    with staged(mode, cases, parallel) as stages:
        for stage in stages:
            for result in _stage(stage, mode, rules, keep):
                found[result.case] = result
    return [found[case.id] for case in cases]


def made_of(mode: Mode = Mode.EXTRACTIVE) -> dict[str, str]:
    """What is in use in the connected database, as far as it matters in this mode."""
    return making.made_of(with_models=mode is Mode.CONFIGURED)


def _asked(run: Run, cases: Sequence[Case], parallel: int, report: Report) -> list[Result]:
    results = {result.case: result for result in files.read_results(run)}
    left = [case for case in cases if case.id not in results]
    report(len(results), len(cases))

    def keep(result: Result) -> None:
        results[result.case] = result
        files.add(run, result)
        report(len(results), len(cases))

    heard_and_judged(left, Mode(run.mode), parallel, keep)
    ordered = [results[case.id] for case in cases]
    files.write_over(run, ordered)
    files.write_summary(run, summarised(ordered))
    files.write_junit(run, ordered)
    write_report(run, ordered)
    return ordered


def instructions() -> str:
    load_active_prompts()
    return active_prompt("answer").text


def _stage(stage: Stage, mode: Mode, rules: Rules, keep: Callable[[Result], None]) -> list[Result]:
    async def together() -> list[Result]:
        places = asyncio.Semaphore(stage.at_once)

        async def one(case: Case) -> Result:
            async with places:
                result = with_its_case(result_of(case, await hear(case), rules, mode.value, stage.sent()), case)
            keep(result)
            return result

        return await asyncio.gather(*map(one, stage.cases))

    return asyncio.run(together())
