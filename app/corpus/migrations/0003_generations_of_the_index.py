"""Chunks and versions belong to a generation of their source's index; embeddings may have any size.

What is there becomes the active generation of its source. The vector index is made again, which
takes minutes where there are a million chunks.
"""

import django.db.models.deletion
import django.utils.timezone
import pgvector.django.halfvec
from django.conf import settings
from django.db import migrations, models

from app.corpus.vectors import index_sql

FIRST_GENERATIONS = """
    INSERT INTO corpus_indexgeneration (source_id, state, parser, chunker, encoder, encoder_model, encoder_url,
                                        dimensions, is_pinned, begun_at, activated_at)
    SELECT newest.source_id, 'active', split_part(newest.pipeline, ' ', 1), split_part(newest.pipeline, ' ', 2),
           substr(newest.pipeline, length(split_part(newest.pipeline, ' ', 1) || split_part(newest.pipeline, ' ', 2)) + 3),
           %s, %s, %s, false, now(), now()
    FROM (
        SELECT DISTINCT ON (d.source_id) d.source_id, v.pipeline
        FROM corpus_document d JOIN corpus_documentversion v ON v.id = d.current_version_id
        ORDER BY d.source_id, v.id DESC
    ) newest
"""
VERSIONS_INTO_THEM = """
    UPDATE corpus_documentversion v SET generation_id = g.id
    FROM corpus_document d JOIN corpus_indexgeneration g ON g.source_id = d.source_id WHERE v.document_id = d.id
"""
CHUNKS_INTO_THEM = """
    UPDATE corpus_chunk c SET generation_id = g.id
    FROM corpus_indexgeneration g WHERE g.source_id = c.source_id
"""


def fill(apps, schema_editor):
    model, url = settings.ATTEST_ENCODER_MODEL, settings.ATTEST_ENCODER_BASE_URL
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(FIRST_GENERATIONS, [model, url, settings.ATTEST_ENCODER_DIMENSIONS])
        cursor.execute(VERSIONS_INTO_THEM)
        cursor.execute(CHUNKS_INTO_THEM)
        # Otherwise the checks of the foreign keys would still be waiting when the tables are altered next.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def one_in_each_state(state):
    return migrations.AddConstraint(
        model_name="indexgeneration",
        constraint=models.UniqueConstraint(
            condition=models.Q(("state", state)), fields=("source",), name=f"one_{state}_generation"
        ),
    )


class Migration(migrations.Migration):

    dependencies = [
        ("corpus", "0002_sources_that_stay_true"),
    ]

    operations = [
        migrations.CreateModel(
            name="IndexGeneration",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("state", models.CharField(choices=[("building", "Being built"), ("active", "Answering"), ("kept", "Kept for going back"), ("discarded", "Being deleted")], max_length=16)),
                ("parser", models.CharField(max_length=64)),
                ("chunker", models.CharField(max_length=64)),
                ("encoder", models.CharField(max_length=200)),
                ("encoder_model", models.CharField(blank=True, max_length=1000)),
                ("encoder_url", models.CharField(blank=True, max_length=1000)),
                ("dimensions", models.PositiveSmallIntegerField()),
                ("is_pinned", models.BooleanField(default=False)),
                ("begun_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("activated_at", models.DateTimeField(blank=True, null=True)),
                ("source", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="generations", to="corpus.source")),
            ],
        ),
        one_in_each_state("building"),
        one_in_each_state("active"),
        one_in_each_state("kept"),
        migrations.AddField(
            model_name="documentversion",
            name="file_name",
            field=models.CharField(blank=True, max_length=1000),
        ),
        migrations.AddField(
            model_name="documentversion",
            name="fingerprint",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="documentversion",
            name="title",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name="documentversion",
            name="generation",
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="versions", to="corpus.indexgeneration"),
        ),
        # First, or every chunk that is updated would be entered into it again.
        migrations.RemoveIndex(model_name="chunk", name="chunk_embedding"),
        migrations.AlterField(
            model_name="chunk",
            name="embedding",
            field=pgvector.django.halfvec.HalfVectorField(),
        ),
        migrations.AddField(
            model_name="chunk",
            name="dimensions",
            field=models.PositiveSmallIntegerField(default=settings.ATTEST_ENCODER_DIMENSIONS),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="chunk",
            name="embedding_key",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="chunk",
            name="generation",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name="chunks", to="corpus.indexgeneration"),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="chunk",
            name="generation",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="chunks", to="corpus.indexgeneration"),
        ),
        migrations.AddIndex(
            model_name="chunk",
            index=models.Index(fields=["embedding_key"], name="chunk_embedding_key"),
        ),
        migrations.RunSQL(index_sql(settings.ATTEST_ENCODER_DIMENSIONS), migrations.RunSQL.noop),
    ]
