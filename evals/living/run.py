"""A run of the living set over this installation's own index, with the models and settings of production.

It leaves a row of itself with ids and figures, and a folder of files. No table of people's work changes.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date

from django.db import transaction
from django.utils import timezone

from app.corpus.access import Reader
from app.corpus.models import AccessSet, Document
from app.providers.chat_models import chat_models, endpoint
from app.providers.models_in_use import load_models_in_use
from app.quality.models import EvaluationRun
from app.reviews.anonymous import anonymised
from app.telemetry.shared_metrics import FOLDER, is_shared
from app.telemetry.threads import in_thread
from evals.cases.quoting import stands_in
from evals.gate.baseline import digest_of
from evals.living.asking import hear
from evals.living.cases import LivingCase, LivingSet, texts_of
from evals.living.judging import CITES, SIMILARITY, Known, bare, details, judged
from evals.metrics.table import by_tag
from evals.runner import files
from evals.runner.asking import Heard
from evals.runner.files import Run
from evals.runner.modes import Mode, model_name
from evals.runner.report import write_report
from evals.runner.run import instructions, made_of
from evals.runner.scoring import Result
from evals.runner.stored import store
from evals.runner.summary import FIGURES, measured, summarised

LIVING = {"living": True}
Report = Callable[[int, int], None]


class CannotRehearse(Exception):  # noqa: N818 - the name says what happened
    """The run would be counted among what people did; the sentence says what to change."""


@dataclass(frozen=True, slots=True)
class LivingRun:
    """`results` hold no texts; `cases` are those that were asked, in the same order."""

    run: Run
    cases: Sequence[LivingCase]
    results: Sequence[Result]
    row: EvaluationRun


def filters(living: LivingSet, last: int = 0, since: date | None = None) -> dict[str, object]:
    """As a run tells which answers were asked: which were wanted, and how many could not be."""
    wanted = {"last": last, "since": since.isoformat() if since else "", "left_out": dict(living.left_out)}
    return LIVING | {name: value for name, value in wanted.items() if value}


def run_living(
    living: LivingSet, filters: dict[str, object], parallel: int, report: Report, *, with_texts: bool = False
) -> LivingRun:
    """Asks them all. Files hold no texts unless `with_texts`, and then without what is personal.

    Raises CannotRehearse where this process shares its metrics with the product's.
    """
    if is_shared:
        raise CannotRehearse(f"Unset {FOLDER} for this command: its questions would be counted as people's.")
    load_models_in_use()
    mode = Mode.CONFIGURED if chat_models("answer") else Mode.EXTRACTIVE
    run = Run(
        name=files.new_name("living"), mode=mode.value, model=model_name(mode),
        started_at=timezone.now().isoformat(timespec="seconds"), cases=[each.case.id for each in living.cases],
        filters=filters, made_of=made_of(mode),
    )  # fmt: skip
    files.begun(run)
    heard = _all_heard(living.cases, mode, parallel, report)
    results = [bare(each, result) for each, result in zip(living.cases, heard, strict=True)]
    _write(run, [_told(result) for result in heard] if with_texts else results)
    return LivingRun(run, living.cases, results, _stored(run, living.cases, results))


def _all_heard(cases: Sequence[LivingCase], mode: Mode, parallel: int, report: Report) -> list[Result]:
    rules = instructions()

    async def together() -> list[Result]:
        places, done = asyncio.Semaphore(max(1, parallel)), 0
        report(done, len(cases))

        async def one(living: LivingCase) -> Result:
            nonlocal done
            async with places:
                heard = await hear(living)
                known = await in_thread(known_of, living, heard, rules)
            done += 1
            report(done, len(cases))
            return judged(living, heard, known, mode.value)

        return list(await asyncio.gather(*map(one, cases)))

    # Connections of models belong to the event loop that opened them.
    endpoint.cache_clear()
    try:
        return asyncio.run(together())
    finally:
        endpoint.cache_clear()


def known_of(living: LivingCase, heard: Heard, instructions: str) -> Known:
    shown = {int(each.document) for each in (*heard.retrieved, *heard.cited)}
    rows = Document.objects.filter(pk__in=shown).select_related("access_set__within")
    texts = texts_of([int(each.document) for each in heard.cited], living.reader)
    return Known(
        readable={str(row.pk) for row in rows if is_open(row.access_set, living.reader)},
        holds=lambda document, quote: stands_in(quote, texts.get(int(document), "")),
        instructions=instructions,
    )


def is_open(access: AccessSet | None, reader: Reader) -> bool:
    """Worked out from the rows, and not by the filter that search uses."""
    if access is None:
        return True
    own = access.everyone or reader.user_id in access.user_ids or bool(reader.group_ids & set(access.group_ids))
    return own and is_open(access.within, reader)


def _told(result: Result) -> Result:
    return replace(
        result, question=anonymised(result.question), text=anonymised(result.text), notice=anonymised(result.notice),
        cited=[each | {"quote": anonymised(each["quote"])} for each in result.cited],
    )  # fmt: skip


def _write(run: Run, results: Sequence[Result]) -> None:
    files.write_over(run, results)
    files.write_summary(run, summarised(results))
    files.write_junit(run, results)
    write_report(run, results)


@transaction.atomic
def _stored(run: Run, cases: Sequence[LivingCase], results: Sequence[Result]) -> EvaluationRun:
    row = store(run, results)
    row.figures = figures_of(results)
    row.save(update_fields=["figures"])
    by_name = {each.case.id: (each, result) for each, result in zip(cases, results, strict=True)}
    for each in row.results.all():
        living, result = by_name[each.case]
        each.details = details(living, result, digest_of(living.case))
        each.save(update_fields=["details"])
    return row


def figures_of(results: Sequence[Result]) -> dict[str, object]:
    """As `summarised`, with the two figures that only a graded answer has."""
    tables = by_tag([measured(result) for result in results], (*FIGURES, CITES, SIMILARITY))
    return {
        tag: {name: None if each is None else _rounded(asdict(each)) for name, each in figures.items()}
        for tag, figures in tables.items()
    }


def _rounded(figure: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in figure.items()}
