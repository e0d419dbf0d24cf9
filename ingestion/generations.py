"""Which generations of its source's index a document is built for, and who may switch them.

Whoever stores holds a source's generations shared, whoever begins, switches or discards holds them
alone; both until their transaction ends. It is taken before any document's row.
"""

from django.db import connection, transaction
from django.db.models import Case, Exists, OuterRef, QuerySet, When
from django.utils import timezone

from app.corpus.models import Chunk, Document, IndexGeneration, Source
from app.corpus.vectors import ensure_index
from app.providers.registry import EncoderOrigin, configured_encoder, encoder_from, get_encoder
from app.providers.types import Encoder

# Raise one when the same bytes come out differently: sources are then re-indexed beside what answers.
PARSER_VERSION = "parse-2"
CHUNKER_VERSION = "chunk-2"
GENERATION_LOCK = 7_213
State = IndexGeneration.State
SHARED = "SELECT pg_advisory_xact_lock_shared(%s, %s)"
ALONE = "SELECT pg_advisory_xact_lock(%s, %s)"


def hold_shared(source_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(SHARED, [GENERATION_LOCK, source_id])


def hold_alone(source_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(ALONE, [GENERATION_LOCK, source_id])


def active_of(source_id: int) -> IndexGeneration | None:
    return IndexGeneration.objects.filter(source_id=source_id, state=State.ACTIVE).first()


def building_of(source_id: int) -> IndexGeneration | None:
    return IndexGeneration.objects.filter(source_id=source_id, state=State.BUILDING).first()


def encoder_of(generation: IndexGeneration) -> Encoder:
    """The encoder its chunks are embedded with, though the settings may name another by now."""
    return encoder_from(EncoderOrigin(generation.encoder, generation.encoder_model, generation.encoder_url,
                                      generation.dimensions))  # fmt: skip


def new_generation(source: Source, state: State, dimensions: int = 0) -> IndexGeneration:
    """One by this process's parser, chunker and encoder. `dimensions` 0 asks the encoder, which loads it."""
    origin = configured_encoder()
    size = dimensions or get_encoder().dimensions
    ensure_index(size)
    return IndexGeneration.objects.create(
        source=source, state=state, parser=PARSER_VERSION, chunker=CHUNKER_VERSION,
        encoder=origin.name, encoder_model=origin.model, encoder_url=origin.url, dimensions=size,
        activated_at=timezone.now() if state == State.ACTIVE else None,
    )  # fmt: skip


def ensure_active(source: Source, dimensions: int = 0) -> IndexGeneration:
    """The generation that answers for the source; a source's first document begins it."""
    if (found := active_of(source.pk)) is not None:
        return found
    with transaction.atomic():
        hold_alone(source.pk)
        return active_of(source.pk) or new_generation(source, State.ACTIVE, dimensions)


def is_current(generation: IndexGeneration) -> bool:
    """Whether this process would make it just so."""
    return (generation.parser, generation.chunker, generation.encoder) == (
        PARSER_VERSION, CHUNKER_VERSION, configured_encoder().name,
    )  # fmt: skip


def can_be_built_here(generation: IndexGeneration) -> bool:
    """Whether what this process makes belongs into it: a process of another release must leave it alone.

    What an admin goes back to cannot be made as it once was; its few missing documents are made as now.
    """
    return generation.is_pinned or (generation.parser, generation.chunker) == (PARSER_VERSION, CHUNKER_VERSION)


def generations_without(document: Document, content_hash: str) -> list[IndexGeneration]:
    """The generations that should have that content of the document and lack it; the active one first."""
    current = Document.objects.filter(pk=document.pk, current_version__content_hash=content_hash)
    built = Chunk.objects.filter(document=document.pk, generation=OuterRef("pk"), version__content_hash=content_hash)
    live = IndexGeneration.objects.filter(source_id=document.source_id, state__in=(State.ACTIVE, State.BUILDING))
    lacking = live.annotate(has=Case(When(state=State.ACTIVE, then=Exists(current)), default=Exists(built))).filter(
        has=False
    )
    found = sorted(lacking, key=lambda generation: generation.state != State.ACTIVE)
    return [each for each in found if each.state == State.ACTIVE or can_be_built_here(each)]


def is_built(document: Document, content_hash: str, generation: IndexGeneration) -> bool:
    return Chunk.objects.filter(document=document, generation=generation, version__content_hash=content_hash).exists()


def left_to_build(generation: IndexGeneration) -> "QuerySet[Document]":
    """Documents with a text of their own that the generation lacks, or has with other content."""
    built = Chunk.objects.filter(
        document=OuterRef("pk"), generation=generation, version__content_hash=OuterRef("current_version__content_hash")
    )
    searchable: QuerySet[Document] = Document.objects.filter(
        source_id=generation.source_id, current_version__isnull=False
    )
    return searchable.exclude(Exists(built))
