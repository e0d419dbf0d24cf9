"""The metrics of this process. Labels have few values: never a user, a question or a document."""

from prometheus_client import Counter, Gauge, Histogram

LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)

REQUEST_SECONDS = Histogram(
    "attest_request_seconds", "Time to answer a request, by route.", ["method", "route", "status"],
    buckets=LATENCY_BUCKETS,
)  # fmt: skip
SEARCH_SECONDS = Histogram("attest_search_seconds", "Time of one search, all parts.", buckets=LATENCY_BUCKETS)
ANSWERS = Counter("attest_answers_total", "Answers by how they ended.", ["outcome", "mode"])
ANSWER_SECONDS = Histogram("attest_answer_seconds", "Time of a whole answer.", ["mode"], buckets=LATENCY_BUCKETS)
FIRST_TOKEN_SECONDS = Histogram(
    "attest_first_token_seconds",
    "Time until the reader sees the first words.",
    ["mode"],
    buckets=LATENCY_BUCKETS,
)
DROPPED_CITATIONS = Counter("attest_dropped_citations_total", "Markers that pointed at nothing and were removed.")
DOCUMENTS = Counter("attest_documents_total", "Documents by what ingestion did with them.", ["result"])
JOBS_WAITING = Gauge("attest_jobs_waiting", "Documents that wait to be ingested.")
OLDEST_JOB_SECONDS = Gauge("attest_oldest_job_seconds", "Age of the oldest waiting document.")
SOURCES = Gauge("attest_sources", "Sources by kind and by what is wrong with them.", ["kind", "condition"])
FAILED_DOCUMENTS = Gauge("attest_failed_documents", "Documents that could not be read.", ["kind"])
OLDEST_CHECK_SECONDS = Gauge(
    "attest_oldest_check_seconds", "Age of the check of the document that was not checked for longest.", ["kind"]
)
ENCODER_FAILURES = Counter(
    "attest_query_encoder_failures_total", "Times a query could not be encoded for the sources of one encoder."
)
RERANK_FAILURES = Counter("attest_rerank_failures_total", "Searches that kept their order because reranking failed.")
