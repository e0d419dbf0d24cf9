"""What is known: sources of documents, documents with versions, and the chunks that search finds.

A document answers only through its current version. Its chunks are written, and those of earlier
content deleted, in the transaction that switches the version. Beside them there may be chunks of
other generations of the index, which search does not look at.
"""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from pgvector.django import HalfVectorField, SparseVectorField

from app.accounts.models import User
from app.accounts.permissions import Permission
from app.corpus.access import Reader, readable

TERM_DIMENSIONS = 1_000_000_000


class AccessSet(models.Model):
    """One set of readers. Documents and chunks point at it, so changing it changes all of them at once.

    A set `within` another is readable only to those who may read that one too: a document's own
    restriction narrows its source's readers. `principals` keeps the restriction in the source's
    words (`{"emails": […], "groups": […]}`), from which the ids are worked out again.
    """

    everyone = models.BooleanField(default=False)
    group_ids = ArrayField(models.IntegerField(), default=list)
    user_ids = ArrayField(models.IntegerField(), default=list)
    within = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="narrowed")
    principals = models.JSONField(null=True, blank=True)

    def __str__(self) -> str:
        return "everyone" if self.everyone else f"groups {self.group_ids} users {self.user_ids}"


class SourceQuerySet(models.QuerySet["Source"]):
    def readable_by(self, reader: Reader) -> "SourceQuerySet":
        return self.filter(readable(reader))

    def managed_by(self, user: User) -> "SourceQuerySet":
        """Those that the user runs: all, those that name them, or none."""
        if user.may(Permission.MANAGE_SOURCES):
            return self.all()
        return self.filter(admins=user) if user.may_for_some_source(Permission.MANAGE_SOURCES) else self.none()


class Source(models.Model):
    """Where documents come from. `kind` names a connector; which kinds there are is ingestion's affair.

    `secrets` are encrypted (`secrets.py`). `cursor` is where the connector's next look at changes
    begins; `listed_at` when the source was last listed completely. After failures the source is left
    alone until `blocked_until`. A run that would remove more than `removal_limit` percent of the
    documents asks an admin first.
    """

    class Kind(models.TextChoices):
        """The kinds that other code asks about by name; connectors bring more."""

        UPLOAD = "upload", "Uploads"
        FOLDER = "folder", "Folder"
        DATASET = "dataset", "Evaluation set"

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"

    name = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=16)
    settings = models.JSONField(default=dict, blank=True)
    secrets = models.TextField(blank=True)
    cursor = models.TextField(blank=True)
    listed_at = models.DateTimeField(null=True, blank=True)
    failed_runs = models.PositiveIntegerField(default=0)
    blocked_until = models.DateTimeField(null=True, blank=True)
    blocked_message = models.TextField(blank=True)
    removal_limit = models.PositiveSmallIntegerField(default=20)
    access_set = models.OneToOneField(AccessSet, on_delete=models.PROTECT, related_name="source")
    # Who runs this source without running all of them; it takes the role of that name as well.
    admins = models.ManyToManyField(User, blank=True, related_name="administered_sources")
    refresh_interval = models.DurationField(null=True, blank=True)
    freshness_target = models.DurationField(null=True, blank=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.ACTIVE)
    created_at = models.DateTimeField(default=timezone.now)
    last_synced_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = SourceQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def misses_freshness_target(self, now: datetime | None = None) -> bool:
        """True when the last complete look at the source is longer ago than its target allows."""
        if self.freshness_target is None:
            return False
        seen = self.last_synced_at or self.created_at
        return (now or timezone.now()) - seen > self.freshness_target


class FolderReaders(models.Model):
    """That a folder of a source is for these groups alone: a path within the source, without a slash at either end.

    Of two folders that hold a document, the deeper one counts. It only narrows who may read the source.
    """

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="folder_readers")
    path = models.CharField(max_length=1000)
    group_ids = ArrayField(models.IntegerField(), default=list, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["source", "path"], name="folder_readers_once_per_path"),)

    def __str__(self) -> str:
        return f"{self.path} for groups {self.group_ids}"


class DocumentQuerySet(models.QuerySet["Document"]):
    def readable_by(self, reader: Reader) -> "DocumentQuerySet":
        return self.filter(readable(reader))

    def searchable(self) -> "DocumentQuerySet":
        return self.filter(current_version__isnull=False)


class Document(models.Model):
    class State(models.TextChoices):
        PENDING = "pending", "Waiting"
        READY = "ready", "Searchable"
        FAILED = "failed", "Failed"
        DUPLICATE = "duplicate", "Same content as another"

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="documents")
    external_id = models.CharField(max_length=1000)
    title = models.CharField(max_length=500, blank=True)
    url = models.CharField(max_length=2000, blank=True)
    fingerprint = models.CharField(max_length=200, blank=True)
    access_set = models.ForeignKey(AccessSet, on_delete=models.PROTECT, related_name="documents")
    current_version = models.ForeignKey(
        "DocumentVersion", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    duplicate_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="duplicates"
    )
    state = models.CharField(max_length=16, choices=State.choices, default=State.PENDING)
    near_duplicate_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="near_duplicates"
    )
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="attachments")
    owner = models.CharField(max_length=200, blank=True)
    added_at = models.DateTimeField(default=timezone.now)
    checked_at = models.DateTimeField(null=True, blank=True)
    modified_at = models.DateTimeField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)

    objects: ClassVar[Any] = DocumentQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["source", "external_id"], name="document_once_per_source"),
            models.CheckConstraint(
                condition=~Q(state="ready") | Q(current_version__isnull=False),
                name="a_ready_document_has_a_version",
            ),
        )
        indexes = (models.Index(fields=["source", "state"]), models.Index(fields=["access_set"]))

    def __str__(self) -> str:
        return self.title or self.external_id

    def is_stale(self, now: datetime | None = None) -> bool:
        """Past its review date, or not checked within its source's freshness target."""
        now = now or timezone.now()
        if self.valid_until is not None and self.valid_until < now.date():
            return True
        return self.source.misses_freshness_target(now)


class IndexGeneration(models.Model):
    """One way in which a source's documents were read, cut and embedded, whole.

    Search finds chunks of active generations alone. A re-index fills a building one beside it, and
    the switch makes that active and keeps the former for a rollback. What is discarded is deleted
    in the background. `encoder_model` and `encoder_url` are the settings that its encoder was built
    from, so that queries can still be encoded with it when the settings have changed. `is_pinned`:
    an admin went back to it, so it is not re-indexed by itself.
    """

    class State(models.TextChoices):
        BUILDING = "building", "Being built"
        ACTIVE = "active", "Answering"
        KEPT = "kept", "Kept for going back"
        DISCARDED = "discarded", "Being deleted"

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="generations")
    state = models.CharField(max_length=16, choices=State.choices)
    parser = models.CharField(max_length=64)
    chunker = models.CharField(max_length=64)
    encoder = models.CharField(max_length=200)
    encoder_model = models.CharField(max_length=1000, blank=True)
    encoder_url = models.CharField(max_length=1000, blank=True)
    dimensions = models.PositiveSmallIntegerField()
    is_pinned = models.BooleanField(default=False)
    begun_at = models.DateTimeField(default=timezone.now)
    activated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = tuple(
            models.UniqueConstraint(fields=["source"], condition=Q(state=state), name=f"one_{state}_generation")
            for state in ("building", "active", "kept")
        )

    def __str__(self) -> str:
        return f"{self.parser} · {self.chunker} · {self.encoder}"


class DocumentVersion(models.Model):
    """One content of a document: the stored text that citations point into, and how it was made.

    `file_name` is the name it was read under, which tells its format; `fingerprint` what the source
    said of that content. Versions of a building generation are not shown to anybody yet.
    """

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="versions")
    generation = models.ForeignKey(
        IndexGeneration, null=True, blank=True, on_delete=models.SET_NULL, related_name="versions"
    )
    title = models.CharField(max_length=500, blank=True)
    file_name = models.CharField(max_length=1000, blank=True)
    fingerprint = models.CharField(max_length=200, blank=True)
    content_hash = models.CharField(max_length=64, db_index=True)
    original = models.CharField(max_length=200, blank=True)
    mime_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    text = models.TextField()
    outline = models.JSONField(default=list)
    pages = models.JSONField(default=list)
    tables = models.JSONField(default=list)
    report = models.JSONField(default=dict)
    near_keys = ArrayField(models.BigIntegerField(), default=list)
    pipeline = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = (GinIndex(fields=["near_keys"], name="version_near_keys"),)

    def __str__(self) -> str:
        return f"{self.document_id}@{self.content_hash[:8]}"


class ChunkQuerySet(models.QuerySet["Chunk"]):
    def readable_by(self, reader: Reader) -> "ChunkQuerySet":
        return self.filter(readable(reader))


class Chunk(models.Model):
    """A passage: what search finds and citations show. `text` is `version.text[start:end]`.

    `embedding_key` tells which text was embedded with which encoder, so that the same is never
    embedded twice. Encoders differ in `dimensions`; each size has an index of its own (`vectors.py`).
    """

    id = models.BigAutoField(primary_key=True)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="chunks")
    version = models.ForeignKey(DocumentVersion, on_delete=models.CASCADE, related_name="chunks")
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+", db_index=False)
    generation = models.ForeignKey(IndexGeneration, on_delete=models.CASCADE, related_name="chunks")
    access_set = models.ForeignKey(AccessSet, on_delete=models.PROTECT, related_name="+")
    ordinal = models.PositiveIntegerField()
    heading_path = ArrayField(models.TextField(), default=list)
    page = models.PositiveIntegerField(null=True)
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    text = models.TextField()
    embedding = HalfVectorField()
    dimensions = models.PositiveSmallIntegerField()
    embedding_key = models.UUIDField(null=True)
    sentence_vectors = models.BinaryField(default=bytes)
    terms = SearchVectorField()
    weights = SparseVectorField(dimensions=TERM_DIMENSIONS)
    term_count = models.PositiveIntegerField()
    weighed_with = models.FloatField()

    objects: ClassVar[Any] = ChunkQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["version", "ordinal"], name="chunk_once_per_version"),
            models.CheckConstraint(condition=Q(start__lt=models.F("end")), name="chunk_is_not_empty"),
        )
        indexes = (
            GinIndex(fields=["terms"], name="chunk_terms"),
            models.Index(fields=["embedding_key"], name="chunk_embedding_key"),
        )

    def __str__(self) -> str:
        return f"{self.document_id}#{self.ordinal}"


class TermFrequency(models.Model):
    """In how many chunks a lexeme occurs, as of the last fold."""

    lexeme = models.TextField(primary_key=True)
    chunks = models.BigIntegerField()

    def __str__(self) -> str:
        return self.lexeme


class TermChange(models.Model):
    """A change to a lexeme's count that is not folded yet.

    Writers only ever insert here, so they never wait for each other; a query adds the changes of
    its few terms to the folded counts, so the sum is exact at every moment.
    """

    lexeme = models.TextField(db_index=True)
    chunks = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.lexeme} {self.chunks:+}"


class CorpusSize(models.Model):
    """Changes to the number of chunks and terms in the whole corpus; their sum is the size."""

    chunks = models.BigIntegerField()
    terms = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.chunks} chunks, {self.terms} terms"
