"""The only public door of retrieval: a query and a reader in, ranked passages out.

There is no search without a reader: both branches filter by the reader's rights inside their SQL.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.corpus.access import Reader
from app.providers.errors import ProviderError
from app.providers.registry import get_reranker
from app.telemetry.metrics import KEYWORD_ONLY_SEARCHES, RERANK_FAILURES, SEARCH_SECONDS
from retrieval.filters import EVERYTHING, Filters
from retrieval.fuse import Candidate, Scored, fuse
from retrieval.index import EncodedQuery, encoded, is_by_words_alone
from retrieval.keyword import strongest
from retrieval.near_duplicates import collapse_near_duplicates
from retrieval.nearness import closeness_of
from retrieval.passage import Passage, load_passages
from retrieval.semantic import nearest
from retrieval.spelling import respelled
from retrieval.terms import QueryTerm, idf, query_terms, query_vector
from retrieval.wording import read

MAX_LIMIT = 50
MAX_QUERY_CHARACTERS = 2000
BRANCH_DEPTH = 60
# Candidates whose wording and sentences are looked at: past these nobody looks.
READ_DEPTH = 40
RERANK_DEPTH = 30
# Read beyond the limit, so that copies that are shown once leave no gap.
SPARE = 10
USUAL_CORPUS = 1000


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Passages, best first, and the query's words with their weights in this corpus.

    `by_words_alone`: no encoder could be used, so what says the same in other words was not found. `query` is what was
    searched for, with its slips corrected.
    """

    passages: list[Passage]
    terms: list[QueryTerm]
    by_words_alone: bool = False
    query: str = ""

    def idf(self) -> dict[str, float]:
        """The weight of each word of the query, as in a corpus of a usual size.

        Among a handful of documents a word that none of them has would outweigh all the others together.
        """
        return {term.lexeme: idf(term.chunks, max(term.corpus, USUAL_CORPUS)) for term in self.terms}


def search(query: str, reader: Reader, *, limit: int = 10, filters: Filters = EVERYTHING) -> list[Passage]:
    """The `limit` best passages that `reader` may read and that pass the filters."""
    return search_with_terms(query, reader, limit=limit, filters=filters).passages


@SEARCH_SECONDS.time()
def search_with_terms(query: str, reader: Reader, *, limit: int = 10, filters: Filters = EVERYTHING) -> SearchResult:
    """As `search`, with the query's weighed words beside the passages."""
    query = query[:MAX_QUERY_CHARACTERS].replace("\x00", " ")
    limit = min(limit, MAX_LIMIT)
    asked, terms = query, query_terms(query)
    query = respelled(asked, terms, reader)
    if query != asked:
        terms = query_terms(query)
    encodings = encoded(query, query_vector(terms), terms[0].corpus if terms else 0)
    found = candidates(encodings, terms, reader, filters)
    near = closeness_of(found, terms)
    seen = read(query, encodings, fuse(found, near)[:READ_DEPTH])
    ranked = rerank(query, fuse(found, near, seen.wording, seen.sentences), reader, limit)
    said_once = collapse_near_duplicates(load_passages(ranked[: limit + SPARE], reader))[:limit]
    if by_words_alone := is_by_words_alone(encodings):
        KEYWORD_ONLY_SEARCHES.inc()
    return SearchResult(
        [replace(each, rank=rank) for rank, each in enumerate(said_once, start=1)], terms, by_words_alone, query
    )


def candidates(
    encodings: Sequence[EncodedQuery], terms: list[QueryTerm], reader: Reader, filters: Filters = EVERYTHING
) -> list[Candidate]:
    """The union of what both branches find; each candidate carries both scores."""
    found: list[Candidate] = []
    for each in encodings:
        found += nearest(each, reader, depth=BRANCH_DEPTH, filters=filters)
        found += strongest(terms, each, reader, depth=BRANCH_DEPTH, filters=filters)
    return list({candidate.chunk_id: candidate for candidate in found}.values())


def rerank(query: str, ranked: list[Scored], reader: Reader, limit: int) -> list[Scored]:
    """The same candidates, the first ones in the cross-encoder's order where one is configured."""
    model = get_reranker()
    if model is None or not ranked:
        return ranked
    head = load_passages(ranked[: max(RERANK_DEPTH, limit)], reader)
    try:
        scores = model.score(query, [passage.text for passage in head])
    except ProviderError:
        RERANK_FAILURES.inc()
        return ranked
    order = [pid for _, pid in sorted(zip(scores, (p.chunk_id for p in head), strict=True), key=lambda x: -x[0])]
    place = {chunk_id: position for position, chunk_id in enumerate(order)}
    return sorted(ranked, key=lambda item: place.get(item.chunk_id, len(place)))
