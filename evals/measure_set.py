"""Measures retrieval, quoted answers and ingestion speed on one external set, through the product's own code."""

import random
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
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
from evals.set_run import ANSWERED, BRANCHES, SEARCH, Row, Rows, shares
from ingestion.connectors.registry import register
from ingestion.foreground import run_source
from ingestion.sources import create_source
from retrieval.index import encoded
from retrieval.search import candidates, search
from retrieval.terms import query_terms, query_vector

READER = Reader()
PASSAGES = 50
RANKING: Mapping[str, Callable[[list[Hashable], set[str]], float]] = {
    "ndcg@10": ndcg_at_k,
    "mrr@10": mrr_at_k,
    "recall@5": partial(recall_at_k, k=5),
    "recall@10": recall_at_k,
}
BRANCH_NAMES = ("semantic", "keyword")
ANSWERS = ("answered", "not_found", "answer_in_first_sentence", "answer_in_text", "citation_is_gold")
BARE_ENCODER_SAMPLE = 600
Progress = Callable[[int, int], None]
Report = dict[str, Any]
# A question and where it stands in its set.
Place = tuple[int, SetQuery]


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


def retrieval(queries: Sequence[SetQuery], progress: Progress, rows: Rows | None = None) -> tuple[Report, Report]:
    """Retrieval metrics over the questions that have gold documents, and the time of a search in ms.

    `rows` keep what becomes of each question; what they know already is not asked again.
    """
    same = canonical_ids()
    found = _each(SEARCH, _with_gold(queries), lambda query: _searched(query, same), progress, rows)
    metrics = {name: mean([each["figures"][name] for each in found]) for name in RANKING}
    return {name: round(value, 4) for name, value in metrics.items()}, latency([each["took_ms"] for each in found])


def _with_gold(queries: Sequence[SetQuery]) -> list[Place]:
    return [(place, query) for place, query in enumerate(queries) if query.gold]


def _searched(query: SetQuery, same: Mapping[str, str]) -> Row:
    began = time.perf_counter()
    passages = search(query.question, READER, limit=PASSAGES)
    took_ms = (time.perf_counter() - began) * 1000
    ranked = first_of_each(passage.external_id for passage in passages)
    gold = {same.get(each, each) for each in query.gold}
    figures = {name: of_ranking(ranked, gold) for name, of_ranking in RANKING.items()}
    return {"retrieved": ranked, "gold": sorted(gold), "took_ms": took_ms, "figures": figures}


def branches(queries: Sequence[SetQuery], progress: Progress, rows: Rows | None = None) -> Report:
    """nDCG@10 of documents when the candidates are ordered by one branch's score alone. `rows` as in `retrieval`."""
    same, names = canonical_ids(), dict(Document.objects.values_list("pk", "external_id"))
    found = _each(BRANCHES, _with_gold(queries), lambda query: _alone(query, same, names), progress, rows)
    return {
        _alone_name(branch): round(mean([each["figures"][_alone_name(branch)] for each in found]), 4)
        for branch in BRANCH_NAMES
    }


def _alone(query: SetQuery, same: Mapping[str, str], names: Mapping[int, str]) -> Row:
    terms = query_terms(query.question)
    found = candidates(encoded(query.question, query_vector(terms)), terms, READER)
    gold = {same.get(each, each) for each in query.gold}
    retrieved = {
        branch: first_of_each(
            names[candidate.document_id]
            for candidate in sorted(found, key=lambda candidate: -getattr(candidate, branch))
        )
        for branch in BRANCH_NAMES
    }
    figures = {_alone_name(branch): ndcg_at_k(ranked, gold) for branch, ranked in retrieved.items()}
    return {"retrieved": retrieved, "figures": figures}


def _alone_name(branch: str) -> str:
    return f"ndcg@10_{branch}_alone"


def answers(queries: Sequence[SetQuery], progress: Progress, rows: Rows | None = None) -> Report:
    """Shares: of answerable questions answered, of unanswerable ones not found; the rest of the former. `rows` as in
    `retrieval`."""
    same = canonical_ids()
    found = _each(ANSWERED, list(enumerate(queries)), lambda query: _answered(query, same), progress, rows)
    return {name: share(shares(found, name)) for name in ANSWERS}


def _answered(query: SetQuery, same: Mapping[str, str]) -> Row:
    draft = answer(query.question)
    cited = [citation.passage.external_id for citation in draft.citations]
    gold = {same.get(each, each) for each in query.gold}
    is_asked_for = query.answerable and bool(query.answers)
    figures = {
        "answered": bool(cited) if query.answerable else None,
        "not_found": None if query.answerable else draft.outcome == Outcome.NOT_FOUND,
        "answer_in_first_sentence": contains_answer(first_sentence(draft), query.answers) if is_asked_for else None,
        "answer_in_text": contains_answer(draft.text, query.answers) if is_asked_for else None,
        "citation_is_gold": cited[0] in gold if query.answerable and cited and gold else None,
    }
    return {"outcome": str(draft.outcome), "text": draft.text, "cited": cited, "figures": figures}


def _each(
    step: str,
    asked: Sequence[Place],
    done_for: Callable[[SetQuery], Row],
    progress: Progress,
    rows: Rows | None,
) -> list[Row]:
    """The step's row of each question; those that are known are taken as they are."""
    rows = rows if rows is not None else Rows()
    found = []
    for done, (place, query) in enumerate(asked):
        progress(done, len(asked))
        known = rows.of(place, step)
        found.append(rows.add(place, query, step, done_for(query)) if known is None else known)
    progress(len(asked), len(asked))
    return found


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
