"""Reranking by an endpoint that speaks the common `/rerank` protocol (Cohere, Jina, vLLM and others)."""

from collections.abc import Sequence
from typing import Any

import openai

from app.providers.errors import Malformed
from app.providers.metering import Use, counted, tell
from app.providers.openai_errors import translated
from app.providers.whole_time import bounded_client


class HttpReranker:
    """Scores outside [0, 1] are the server's choice of scale; only their order matters to search."""

    def __init__(self, model: str, *, base_url: str, api_key: str, timeout_s: float) -> None:
        self.name = model
        self._client = openai.OpenAI(
            base_url=base_url,
            api_key=api_key or "none",
            max_retries=0,
            timeout=openai.Timeout(timeout_s, connect=min(timeout_s, 2.0)),
            http_client=bounded_client(),
        )

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        if not texts:
            return []
        body = {"model": self.name, "query": query, "documents": list(texts)}
        with translated(self.name):
            reply: Any = self._client.post("/rerank", body=body, cast_to=object)
        scores = self._scores(reply, len(texts))
        tell(Use("reranking", self.name, tokens_in(reply), sum(map(len, [query, *texts]))))
        return scores

    def _scores(self, reply: Any, count: int) -> list[float]:
        try:
            scores = {int(row["index"]): float(row["relevance_score"]) for row in reply["results"]}
        except (KeyError, TypeError, ValueError):
            raise Malformed(f"{self.name}: the reply is no ranking") from None
        if set(scores) != set(range(count)):
            raise Malformed(f"{self.name}: asked for {count} scores, got {len(scores)}")
        return [min(1.0, max(0.0, scores[index])) for index in range(count)]


def tokens_in(reply: Any) -> int | None:
    """As most servers tell it; others bill by the search, and their tokens are estimated."""
    usage = reply.get("usage") if isinstance(reply, dict) else None
    return counted(usage.get("total_tokens")) if isinstance(usage, dict) else None
