"""The metrics of the product. Labels have few values: never a user, a question or a document."""

from prometheus_client import Counter, Histogram

from app.telemetry.shared_metrics import LIVE, LiveGauge

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
CITATION_REPORTS = Counter(
    "attest_citation_reports_total", "Citations of which a reader said that the source does not say that."
)
DROPPED_CITATIONS = Counter("attest_dropped_citations_total", "Markers that pointed at nothing and were removed.")
SENTENCES = Counter(
    "attest_answer_sentences_total", "Sentences of answers by how far sources support them.", ["verdict"]
)
REPAIRED_MARKERS = Counter("attest_repaired_markers_total", "Sentences whose markers were put right.")
DOCUMENTS = Counter("attest_documents_total", "Documents by what ingestion did with them.", ["result"])
JOBS_WAITING = LiveGauge("attest_jobs_waiting", "Documents that wait to be ingested.", registry=LIVE)
OLDEST_JOB_SECONDS = LiveGauge("attest_oldest_job_seconds", "Age of the oldest waiting document.", registry=LIVE)
SOURCES = LiveGauge(
    "attest_sources", "Sources by kind and by what is wrong with them.", ["kind", "condition"], registry=LIVE
)
FAILED_DOCUMENTS = LiveGauge("attest_failed_documents", "Documents that could not be read.", ["kind"], registry=LIVE)
OLDEST_CHECK_SECONDS = LiveGauge(
    "attest_oldest_check_seconds",
    "Age of the check of the document that was not checked for longest.",
    ["kind"],
    registry=LIVE,
)
SOURCE_CHECK_SECONDS = LiveGauge(
    "attest_source_check_seconds",
    "The same for each source, by its number in its page's address.",
    ["source", "kind"],
    registry=LIVE,
)
SOURCE_TARGET_SECONDS = LiveGauge(
    "attest_source_target_seconds", "The age that is promised for a source.", ["source", "kind"], registry=LIVE
)
QUALITY_SIGNALS = LiveGauge(
    "attest_quality_signals", "Signals that stand, by kind, and whether somebody looks into them.", ["kind", "state"],
    registry=LIVE,
)  # fmt: skip
ENCODER_FAILURES = Counter(
    "attest_query_encoder_failures_total", "Times a query could not be encoded for the sources of one encoder."
)
RERANK_FAILURES = Counter("attest_rerank_failures_total", "Searches that kept their order because reranking failed.")
MODEL_TOKENS = Counter(
    "attest_model_tokens_total", "Tokens that language models read and wrote.", ["model", "step", "direction"]
)
MODEL_COST_USD = Counter("attest_model_cost_usd_total", "What calls of language models cost.", ["model", "step"])
MODEL_COST_SAVED_USD = Counter("attest_model_cost_saved_usd_total", "What answers given again did not cost.")
BUDGET_REFUSALS = Counter(
    "attest_budget_refusals_total",
    "Calls that were not made because a budget was used up.",
    ["scope", "kind", "period"],
)
BUDGET_USED_RATIO = LiveGauge(
    "attest_budget_used_ratio",
    "Used share of the budget that is used most, by scope.",
    ["scope", "kind", "period"],
    registry=LIVE,
)
OPEN_RESERVATIONS = LiveGauge(
    "attest_budget_reservations", "Calls under way that hold a part of a budget.", registry=LIVE
)
RESERVATIONS_RELEASED = Counter(
    "attest_budget_reservations_released_total", "Reservations of processes that died before they settled."
)
LIMIT_HITS = Counter(
    "attest_limit_hits_total", "Questions and searches that were refused by a limit.", ["act", "scope", "kind"]
)
LIMITS_UNCHECKED = Counter(
    "attest_limits_unchecked_total", "Questions and searches let through because the limits could not be looked up."
)
DATABASE_WAITS = Counter("attest_database_waits_total", "Times an answer waited for a database that was away.")
MODEL_CALLS = Counter(
    "attest_model_calls_total", "Calls of a model by how they ended: answered, or an error's name.", ["model", "ended"]
)
MODEL_FIRST_TOKEN_SECONDS = Histogram(
    "attest_model_first_token_seconds", "Time until a chat model's first token.", ["model"], buckets=LATENCY_BUCKETS
)
CIRCUIT_OPENINGS = Counter("attest_circuit_openings_total", "Times a model was left alone after failing.", ["circuit"])
CIRCUIT_OPEN = LiveGauge(
    "attest_circuit_open", "1 while a model is left alone after failing, 0 otherwise.", ["circuit"], registry=LIVE
)
KEYWORD_ONLY_SEARCHES = Counter(
    "attest_keyword_only_searches_total", "Searches by words alone, as no encoder could be used."
)
REWRITES = Counter(
    "attest_questions_rewritten_total", "Questions in a conversation, by what made them stand alone.", ["by"]
)
ANSWERS_REUSED = Counter(
    "attest_answers_reused_total", "Answers given again: to the same words, or to words of the same meaning.", ["by"]
)
REUSE_SAVED_SECONDS = Counter("attest_reuse_saved_seconds_total", "Time that answers given again did not take.")
PERSONAL_DATA_HIDDEN = Counter(
    "attest_personal_data_hidden_total", "Personal data kept from external models.", ["kind"]
)
PERSONAL_DATA_SECONDS = Histogram(
    "attest_personal_data_seconds", "Time to hide personal data in one prompt.",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)  # fmt: skip
FLAGGED_QUESTIONS = Counter(
    "attest_flagged_questions_total", "Questions taken for an attack, by what said so and what was done.", ["by", "act"]
)
DISARMED_PASSAGES = Counter("attest_disarmed_passages_total", "Passages whose orders to a model were left out.")
REMOVED_FROM_ANSWERS = Counter(
    "attest_removed_from_answers_total", "Links, images, markup and hidden characters taken out of replies.", ["kind"]
)
UNSAFE_REPLIES = Counter(
    "attest_unsafe_replies_total", "Replies dropped because they gave away instructions or the secret word.", ["kind"]
)
AUDIT_WAITING = LiveGauge(
    "attest_audit_waiting", "Audit entries that wait for their place in the chain.", registry=LIVE
)
AUDIT_OLDEST_WAITING_SECONDS = LiveGauge(
    "attest_audit_oldest_waiting_seconds", "Age of the oldest of them.", registry=LIVE
)
AUDIT_CHAIN_BROKEN = LiveGauge(
    "attest_audit_chain_broken", "1 where the last look through the audit log found a break, else 0.", registry=LIVE
)
AUDIT_VERIFIED_SECONDS = LiveGauge(
    "attest_audit_verified_seconds", "Seconds since the chain of the audit log was proved last.", registry=LIVE
)
AUDIT_FORWARD_LAG = LiveGauge(
    "attest_audit_forward_lag", "Audit entries that the receiver outside does not have yet.", registry=LIVE
)
AUDIT_FORWARD_FAILURES = Counter(
    "attest_audit_forward_failures_total", "Times the receiver of audit entries outside did not take them."
)
