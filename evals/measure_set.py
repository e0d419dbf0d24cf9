"""Measures retrieval, quoted answers and ingestion speed on one external set, through the product's own code."""

import random
import time
from collections.abc import Callable, Sequence
from statistics import quantiles
from typing import Any

from asgiref.sync import async_to_sync

from app.answers.draft import Draft
from app.answers.models import Outcome
from app.answers.pipeline import steps
from app.corpus.access import Reader
from app.corpus.index_text import index_text
from app.corpus.models import Chunk, Document, Source
from app.providers.registry import get_encoder
from app.providers.sentence_transformers_encoder import SentenceTransformersEncoder
from evals.dataset_connector import kind_of_dataset
from evals.external import Dataset, SetQuery
from evals.metrics.answers import contains_answer
from evals.metrics.average import mean
from evals.metrics.retrieval import first_of_each, mrr_at_k, ndcg_at_k, recall_at_k
from ingestion.connectors.registry import register
from ingestion.foreground import run_source
from ingestion.sources import create_source
from retrieval.index import encoded
from retrieval.search import candidates, search
from retrieval.terms import query_terms, query_vector

READER = Reader()
PASSAGES = 50
BARE_ENCODER_SAMPLE = 600
Progress = Callable[[int, int], None]
Report = dict[str, Any]


def ingest(dataset: Dataset, progress: Progress) -> Report:
    """Ingest the set; chunks per second beside those of the encoder alone on a sample of the same texts."""
    ingested = fill(dataset, progress)
    ingested["ingest"]["bare_encoder_chunks_per_s"] = bare_encoder_speed()
    return ingested


def fill(dataset: Dataset, progress: Progress) -> Report:
    """Ingest the set, for whoever asks questions of it."""
    register(kind_of_dataset(dataset))
    source = create_source(actor=None, name=dataset.name, kind=Source.Kind.DATASET, everyone=True)
    get_encoder().encode_query("warm up")
    began = time.perf_counter()
    run_source(source, progress)
    took = time.perf_counter() - began
    chunks = Chunk.objects.count()
    return {
        "documents": source.documents.count(),
        "chunks": chunks,
        "ingest": {"chunks_per_s": round(chunks / took, 2)},
    }


def bare_encoder_speed() -> float:
    """Chunks per second when the stored chunks (a random sample, if many) go straight into the encoder.

    For a local model that is sentence-transformers' own `encode` with its defaults, not our faster batching.
    """
    keys = list(Chunk.objects.values_list("pk", flat=True))
    sample = random.Random(0).sample(keys, min(len(keys), BARE_ENCODER_SAMPLE))  # noqa: S311 - not for secrets
    rows = Chunk.objects.filter(pk__in=sample).values_list("document__title", "heading_path", "text")
    texts = [index_text(title, headings, text)[0] for title, headings, text in rows]
    began = time.perf_counter()
    encoder = get_encoder()
    if isinstance(encoder, SentenceTransformersEncoder):
        encoder.encode_by_the_library(texts)
    else:
        encoder.encode_passages(texts)
    return round(len(texts) / (time.perf_counter() - began), 2)


def retrieval(queries: Sequence[SetQuery], progress: Progress) -> tuple[Report, Report]:
    """Retrieval metrics over the questions that have gold documents, and the time of a search in ms."""
    same = canonical_ids()
    asked = [query for query in queries if query.gold]
    rows, times = [], []
    for done, query in enumerate(asked):
        progress(done, len(asked))
        began = time.perf_counter()
        passages = search(query.question, READER, limit=PASSAGES)
        times.append((time.perf_counter() - began) * 1000)
        gold = {same.get(each, each) for each in query.gold}
        rows.append((first_of_each(passage.external_id for passage in passages), gold))
    metrics = {
        "ndcg@10": mean([ndcg_at_k(ranked, gold) for ranked, gold in rows]),
        "mrr@10": mean([mrr_at_k(ranked, gold) for ranked, gold in rows]),
        "recall@5": mean([recall_at_k(ranked, gold, 5) for ranked, gold in rows]),
        "recall@10": mean([recall_at_k(ranked, gold, 10) for ranked, gold in rows]),
    }
    return {name: round(value, 4) for name, value in metrics.items()}, latency(times)


def branches(queries: Sequence[SetQuery], progress: Progress) -> Report:
    """nDCG@10 of documents when the candidates are ordered by one branch's score alone."""
    same, names = canonical_ids(), dict(Document.objects.values_list("pk", "external_id"))
    asked = [query for query in queries if query.gold]
    figures: dict[str, list[float]] = {"semantic": [], "keyword": []}
    for done, query in enumerate(asked):
        progress(done, len(asked))
        terms = query_terms(query.question)
        found = candidates(encoded(query.question, query_vector(terms)), terms, READER)
        gold = {same.get(each, each) for each in query.gold}
        for branch, values in figures.items():
            order = sorted(found, key=lambda candidate: -getattr(candidate, branch))
            values.append(ndcg_at_k(first_of_each(names[candidate.document_id] for candidate in order), gold))
    return {f"ndcg@10_{branch}_alone": round(mean(values), 4) for branch, values in figures.items()}


def answers(queries: Sequence[SetQuery], progress: Progress) -> Report:
    """Shares: of answerable questions answered, of unanswerable ones not found; the rest of the former."""
    same = canonical_ids()
    drafts: list[tuple[SetQuery, Draft]] = []
    for done, query in enumerate(queries):
        progress(done, len(queries))
        drafts.append((query, answer(query.question)))
    answerable = [(query, draft) for query, draft in drafts if query.answerable]
    with_answers = [(query, draft) for query, draft in answerable if query.answers]
    answered = [(query, draft) for query, draft in answerable if draft.citations]
    return {
        "answered": share([bool(draft.citations) for _, draft in answerable]),
        "not_found": share([d.outcome == Outcome.NOT_FOUND for q, d in drafts if not q.answerable]),
        "answer_in_first_sentence": share([contains_answer(first_sentence(d), q.answers) for q, d in with_answers]),
        "answer_in_text": share([contains_answer(d.text, q.answers) for q, d in with_answers]),
        "citation_is_gold": share(
            [
                d.citations[0].passage.external_id in {same.get(each, each) for each in q.gold}
                for q, d in answered
                if q.gold
            ]
        ),
    }


@async_to_sync
async def answer(question: str) -> Draft:
    """The product's own pipeline, without the recording."""
    draft = Draft(question_id=0, question=question, reader=READER)
    async for _ in steps(draft):
        pass
    return draft


def first_sentence(draft: Draft) -> str:
    """In a quoted answer each sentence is a paragraph of its own."""
    return draft.text.split("\n\n", 1)[0]


def canonical_ids() -> dict[str, str]:
    """Documents with the same content are stored once: the id that search returns for each."""
    pairs = Document.objects.filter(duplicate_of__isnull=False).values_list("external_id", "duplicate_of__external_id")
    return dict(pairs)


def share(values: Sequence[bool]) -> float | None:
    return round(mean([float(value) for value in values]), 4) if values else None


def latency(times: Sequence[float]) -> Report:
    cuts = quantiles(times, n=100, method="inclusive") if len(times) > 1 else [*times, 0.0][:1] * 99
    return {"search_p50": round(cuts[49], 2), "search_p95": round(cuts[94], 2)}
