"""`/sources`: where documents come from; admins see their progress and start a sync."""

from datetime import datetime
from typing import Annotated

from django.db.models import Count
from ninja import Field, Router, Schema, Status

from app.accounts.scopes import Scope
from app.api.authentication import ApiKeyAuth, ApiRequest, Caller
from app.api.fields import RequestBody, listed_choices
from app.api.problems import ProblemError
from app.api.visible import source_for, visible_documents, visible_sources
from app.corpus.models import Source
from app.telemetry.threads import in_thread
from ingestion.models import SyncRun
from ingestion.sources import SourceError, start_sync
from ingestion.status import source_status

router = Router(tags=["sources"])


class RunOut(Schema):
    """One look at a source, and what became of the differences found."""

    id: int
    state: Annotated[SyncRun.State, listed_choices(SyncRun.State)]
    message: str
    listed: int
    added: int
    updated: int
    removed: int
    started_at: datetime
    finished_at: datetime | None


class StatusOut(Schema):
    """How ingestion of a source goes; shown to admins."""

    searchable: int
    waiting: int
    failed: int
    duplicates: int
    is_running: bool
    progress_done: int
    progress_total: int
    run: RunOut | None = Field(description="The latest run.")


class SourceOut(Schema):
    id: int
    name: str
    kind: str = Field(description="Which connector serves it, such as upload, folder or git.")
    state: Annotated[Source.State, listed_choices(Source.State)]
    documents: int = Field(description="Documents of it that you may see.")
    last_synced_at: datetime | None
    misses_target: bool = Field(description="It was not looked at as recently as its freshness target asks.")
    status: StatusOut | None


class SourceList(Schema):
    sources: list[SourceOut]


class SyncIn(RequestBody):
    everything: bool = Field(False, description="Look at unchanged documents again as well.")


@router.get(
    "/sources",
    response=SourceList,
    operation_id="sources",
    auth=ApiKeyAuth(Scope.READ_DOCUMENTS),
    summary="List sources",
)
async def list_sources(request: ApiRequest) -> SourceList:
    """The sources that you may read; for admins, all."""
    return await in_thread(sources_for, request.auth)


@router.get(
    "/sources/{int:source_id}",
    response=SourceOut,
    operation_id="source",
    auth=ApiKeyAuth(Scope.READ_DOCUMENTS),
    summary="See a source",
)
async def read_source(request: ApiRequest, source_id: int) -> SourceOut:
    """A source and, for admins, how its ingestion goes."""
    return await in_thread(one_source, request.auth, source_id)


@router.post(
    "/sources/{int:source_id}/sync",
    response={202: RunOut},
    operation_id="sync",
    auth=ApiKeyAuth(Scope.MANAGE_SOURCES),
    summary="Sync a source",
)
async def sync_source(request: ApiRequest, source_id: int, wanted: SyncIn | None = None) -> Status:
    """Looks at the source now and takes in what changed, in the background. For admins."""
    return Status(202, await in_thread(synced, request.auth, source_id, wanted or SyncIn(everything=False)))


def sources_for(caller: Caller) -> SourceList:
    counts = dict(visible_documents(caller).order_by().values_list("source_id").annotate(Count("pk")))
    rows = visible_sources(caller)
    return SourceList(sources=[source_out(row, caller, counts.get(row.pk, 0)) for row in rows])


def one_source(caller: Caller, source_id: int) -> SourceOut:
    source = source_for(caller, source_id)
    return source_out(source, caller, visible_documents(caller).filter(source=source).count())


def synced(caller: Caller, source_id: int, wanted: SyncIn) -> RunOut:
    source = source_for(caller, source_id)
    caller.must_run(source.pk)
    try:
        run = start_sync(source, actor=caller.user, everything=wanted.everything)
    except SourceError as error:
        raise ProblemError(409, str(error)) from error
    if run is None:
        raise ProblemError(409, "A sync of this source is running already.")
    return RunOut.model_validate(run)


def source_out(source: Source, caller: Caller, documents: int) -> SourceOut:
    return SourceOut(
        id=source.pk,
        name=source.name,
        kind=source.kind,
        state=Source.State(source.state),
        documents=documents,
        last_synced_at=source.last_synced_at,
        misses_target=source.misses_freshness_target(),
        status=StatusOut.model_validate(source_status(source)) if caller.runs(source.pk) else None,
    )
