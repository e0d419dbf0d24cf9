"""Every setting of the product, read once from the environment. docs/configuration.md lists them."""

from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF

from app.embedded import postgres_url, valkey_url
from app.env import ConfigurationError, env
from app.providers.named_models import Models, NamedModel, read_models
from app.signon.named_providers import NamedProvider, read_providers
from app.usage.limit_words import refuse_wrong_limits

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env.bool("DEBUG", True, help="Development mode: sample company and its sign-ins, helpful error pages.")
SECRET_KEY = env.secret("SECRET_KEY", help="Signs sessions. Needed when DEBUG is off: 50 random characters.")
if not SECRET_KEY and DEBUG:
    SECRET_KEY = "only-for-development-" + "x" * 40
if len(SECRET_KEY) < 50:
    raise ConfigurationError("SECRET_KEY must have 50 or more random characters when DEBUG is off.")
ATTEST_SECRETS_KEYS = env.secrets(
    "ATTEST_SECRETS_KEYS",
    help="Encrypt the passwords of sources, comma-separated: the first encrypts, all decrypt. Default: SECRET_KEY.",
)
ATTEST_DATA_DIR = env.path("ATTEST_DATA_DIR", BASE_DIR / "var", help="Where embedded services and original files live.")
ATTEST_HOST = env.str("ATTEST_HOST", "127.0.0.1", help="The address the web server listens on.")
ATTEST_PORT = env.int("ATTEST_PORT", 8000, min=1, max=65535, help="The port the web server listens on.")
ATTEST_WEB_PROCESSES = env.int(
    "ATTEST_WEB_PROCESSES", 0, min=0, max=64,
    help="Processes that serve pages and answers; each holds the embedding model. 0: one a core, 4 at most.",
)  # fmt: skip
ALLOWED_HOSTS = env.list(
    "ATTEST_ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"], help="Host names the site answers to."
)
CSRF_TRUSTED_ORIGINS = env.list(
    "ATTEST_TRUSTED_ORIGINS", [], help="Origins (https://attest.example.com) when behind a proxy."
)
ATTEST_HTTPS = env.bool("ATTEST_HTTPS", False, help="The site is reached over HTTPS through a proxy.")

# -- services ---------------------------------------------------------------------------------------
DATABASE_URL = env.url(
    "DATABASE_URL", schemes=("postgresql", "postgres"), secret=True,
    help="PostgreSQL 16+ with pgvector 0.8+. Empty: an embedded one.",
)  # fmt: skip
VALKEY_URL = env.url(
    "VALKEY_URL", schemes=("redis", "rediss", "redis+socket", "unix"), secret=True,
    help="Valkey or Redis. Empty: an embedded one.",
)  # fmt: skip
DATABASES: dict[str, Any] = {"default": dict(dj_database_url.parse(DATABASE_URL or postgres_url(ATTEST_DATA_DIR)))}
ATTEST_DATABASE_POOL = env.int(
    "ATTEST_DATABASE_POOL", 12, min=2, max=200, help="The most database connections one process holds."
)
ATTEST_DATABASE_PATIENCE_S = env.float(
    "ATTEST_DATABASE_PATIENCE_S", 60.0, min=0, max=600,
    help="Seconds that an answer under way waits for a database that went away, as in a failover.",
)  # fmt: skip
DATABASES["default"]["CONN_MAX_AGE"] = 0
# A pooled connection that a restart of the database cut is found out before it is used.
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["OPTIONS"] |= {
    # The pauses between tries to connect begin anew after reconnect_timeout; else they would grow with an outage.
    "pool": {"min_size": 0, "max_size": ATTEST_DATABASE_POOL, "timeout": 10, "max_idle": 60, "reconnect_timeout": 10},
    # Iterative scans keep an access filter from starving the result of the vector index.
    "options": "-c hnsw.iterative_scan=strict_order -c hnsw.ef_search=100 -c hnsw.max_scan_tuples=200000 -c jit=off",
}
CELERY_BROKER_URL = VALKEY_URL or valkey_url(ATTEST_DATA_DIR)
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": CELERY_BROKER_URL.replace("redis+socket://", "unix://"),
        "KEY_PREFIX": "attest",
    }
}

# -- models -----------------------------------------------------------------------------------------
ATTEST_ENCODER_MODEL = env.str(
    "ATTEST_ENCODER_MODEL",
    "",
    help="A sentence-transformers folder or name. Empty: the packaged all-MiniLM-L6-v2.",
)
ATTEST_ENCODER_BASE_URL = env.url(
    "ATTEST_ENCODER_BASE_URL", help="An OpenAI-compatible endpoint for embeddings instead of a local model."
)
ATTEST_ENCODER_FALLBACK_URLS = env.urls(
    "ATTEST_ENCODER_FALLBACK_URLS",
    help="Endpoints of the same embedding model, same name and key, asked in order where others fail.",
)
ATTEST_ENCODER_API_KEY = env.secret("ATTEST_ENCODER_API_KEY", "", help="The key for ATTEST_ENCODER_BASE_URL.")
ATTEST_ENCODER_DIMENSIONS = env.int(
    "ATTEST_ENCODER_DIMENSIONS",
    384,
    min=8,
    max=4000,
    help="Numbers per embedding; fixed when the database is made.",
)
ATTEST_ENCODER_TIMEOUT_S = env.float(
    "ATTEST_ENCODER_TIMEOUT_S", 5.0, min=0.1, max=120,
    help="Seconds that a question waits for embedding endpoints, in all, before it is searched by words alone.",
)  # fmt: skip
ATTEST_ENCODER_MAX_CONCURRENT = env.int(
    "ATTEST_ENCODER_MAX_CONCURRENT", 0, min=0, max=1000,
    help="Calls at once to an embedding endpoint, over all processes; one place is kept for questions. 0: no limit.",
)  # fmt: skip
ATTEST_RERANKER_MODEL = env.str(
    "ATTEST_RERANKER_MODEL", "",
    help="A sentence-transformers CrossEncoder, or the model's name at ATTEST_RERANKER_BASE_URL. Empty: no reranking.",
)  # fmt: skip
ATTEST_RERANKER_BASE_URL = env.url(
    "ATTEST_RERANKER_BASE_URL", help="An endpoint with /rerank (Cohere, Jina, vLLM) instead of a local model."
)
ATTEST_RERANKER_FALLBACK_URLS = env.urls(
    "ATTEST_RERANKER_FALLBACK_URLS",
    help="Endpoints of the same reranking model, same name and key, asked in order where others fail.",
)
ATTEST_RERANKER_API_KEY = env.secret("ATTEST_RERANKER_API_KEY", "", help="The key for ATTEST_RERANKER_BASE_URL.")
ATTEST_RERANKER_TIMEOUT_S = env.float(
    "ATTEST_RERANKER_TIMEOUT_S", 3.0, min=0.1, max=120,
    help="Seconds that a search waits for reranking endpoints, in all.",
)  # fmt: skip
ATTEST_RERANKER_MAX_CONCURRENT = env.int(
    "ATTEST_RERANKER_MAX_CONCURRENT", 0, min=0, max=1000,
    help="Calls at once to a reranking endpoint, over all processes. 0: no limit.",
)  # fmt: skip
ATTEST_ENTAILMENT_MODEL = env.str(
    "ATTEST_ENTAILMENT_MODEL", "",
    help="A sentence-transformers CrossEncoder for inference that reads answers beside their sources. Empty: none.",
)  # fmt: skip
ATTEST_UNSUPPORTED = env.choice(
    "ATTEST_UNSUPPORTED", ("remove", "mark"), "remove",
    help="What becomes of sentences of a model that its sources do not support: left out, or shown with a mark.",
)  # fmt: skip
ATTEST_JUDGE = env.choice(
    "ATTEST_JUDGE", ("off", "doubtful", "all"), "off",
    help="Which sentences of an answer the chat model itself is asked about, whether their sources support them.",
)  # fmt: skip
ATTEST_TORCH_THREADS = env.int(
    "ATTEST_TORCH_THREADS", 0, min=0, max=128, help="Processor threads one process uses for models. 0: all."
)
LLM_BASE_URL = env.url(
    "LLM_BASE_URL", help="An OpenAI-compatible chat endpoint. Empty: answers are quoted from documents."
)
LLM_API_KEY = env.secret("LLM_API_KEY", "", help="The key for LLM_BASE_URL.")
LLM_MODEL = env.str("LLM_MODEL", "", help="The model's name at LLM_BASE_URL.")
LLM_MAX_TOKENS = env.int("LLM_MAX_TOKENS", 700, min=16, max=32000, help="The longest answer, in tokens.")
LLM_CONTEXT_TOKENS = env.int(
    "LLM_CONTEXT_TOKENS", 8192, min=1000, max=10_000_000,
    help="Tokens that the model reads at once: instructions, conversation, passages and answer together.",
)  # fmt: skip
LLM_TOKENIZER = env.str(
    "LLM_TOKENIZER", "", help="The model's tokenizer.json, to count its tokens exactly. Empty: a cautious estimate."
)
LLM_CONNECT_TIMEOUT_S = env.float("LLM_CONNECT_TIMEOUT_S", 5.0, min=0.1, max=120, help="Seconds to connect.")
LLM_FIRST_TOKEN_TIMEOUT_S = env.float(
    "LLM_FIRST_TOKEN_TIMEOUT_S", 20.0, min=0.1, max=600, help="Seconds until the first token."
)
LLM_TOKEN_TIMEOUT_S = env.float("LLM_TOKEN_TIMEOUT_S", 15.0, min=0.1, max=600, help="Seconds between tokens.")
LLM_TOTAL_TIMEOUT_S = env.float("LLM_TOTAL_TIMEOUT_S", 120.0, min=1, max=3600, help="Seconds for a whole answer.")
LLM_MAX_RETRIES = env.int("LLM_MAX_RETRIES", 2, min=0, max=10, help="Tries again before the first token.")
ATTEST_REWRITE_TIMEOUT_S = env.float(
    "ATTEST_REWRITE_TIMEOUT_S", 4.0, min=0.1, max=60,
    help="Seconds that a follow-up waits for the model to make it a question of its own; then rules do.",
)  # fmt: skip
ATTEST_REUSE = env.choice(
    "ATTEST_REUSE", ("off", "same-words", "same-meaning"), "same-meaning",
    help="When an earlier answer is given again, if its evidence is still the same: for which questions.",
)  # fmt: skip
ATTEST_REUSE_DAYS = env.int(
    "ATTEST_REUSE_DAYS", 30, min=1, max=3650, help="How old an answer may be that is given again."
)
ATTEST_INJECTION_POLICY = env.choice(
    "ATTEST_INJECTION_POLICY", ("refuse", "warn", "off"), "refuse",
    help="Questions that attack the assistant: refuse them and warn where it is less sure, only warn, or off. "
    "With another encoder than all-MiniLM-L6-v2 rules alone decide, which find less.",
)  # fmt: skip
LLM_MAX_CONCURRENT = env.int(
    "LLM_MAX_CONCURRENT", 0, min=0, max=10_000, help="The most calls at once, over all processes. 0: no limit."
)
LLM_PATIENCE_S = env.float(
    "LLM_PATIENCE_S", 45.0, min=1, max=600,
    help="Seconds after which no other model is tried; the answer is then quoted from documents.",
)  # fmt: skip
ATTEST_MODELS = env.parsed(
    "ATTEST_MODELS",
    lambda text: read_models(
        text,
        NamedModel(
            "", "", "", connect_s=LLM_CONNECT_TIMEOUT_S, first_token_s=LLM_FIRST_TOKEN_TIMEOUT_S,
            next_token_s=LLM_TOKEN_TIMEOUT_S, total_s=LLM_TOTAL_TIMEOUT_S, retries=LLM_MAX_RETRIES,
            context_tokens=LLM_CONTEXT_TOKENS, max_concurrent=LLM_MAX_CONCURRENT,
        ),
        has_default=bool(LLM_BASE_URL and LLM_MODEL),
        secret=lambda name: env.secret(name, help="A key that ATTEST_MODELS names."),
    ),
    default=Models(),
    kind="TOML",
    help="More chat models, and which is asked for what: see docs/models.md. Usually in a file: ATTEST_MODELS_FILE.",
)  # fmt: skip
ATTEST_BREAKER_FAILURES = env.int(
    "ATTEST_BREAKER_FAILURES", 5, min=1, max=20, help="Failed calls in a row after which a model is left alone."
)
ATTEST_BREAKER_PAUSE_S = env.float(
    "ATTEST_BREAKER_PAUSE_S", 15.0, min=0.1, max=300,
    help="Seconds that a failing model is left alone at first; each failed trial doubles them, up to 300.",
)  # fmt: skip
LLM_INPUT_USD_PER_MILLION = env.float(
    "LLM_INPUT_USD_PER_MILLION", 0.0, min=0, max=10_000, help="Price of a million prompt tokens."
)
LLM_OUTPUT_USD_PER_MILLION = env.float(
    "LLM_OUTPUT_USD_PER_MILLION", 0.0, min=0, max=10_000, help="Price of a million answer tokens."
)
ATTEST_LIMITS = env.list(
    "ATTEST_LIMITS",
    ["30/m/user", "10/at-once/user"],
    help="How much may be asked: 20/m/user, 200/h/group:finance, 2000/h, 3/at-once/user; or off.",
)
ATTEST_SEARCH_LIMITS = env.list(
    "ATTEST_SEARCH_LIMITS",
    ["300/m/user"],
    help="How much may be searched through the API, as in ATTEST_LIMITS; or off.",
)
ATTEST_BUDGET_NEAR_PERCENT = env.int(
    "ATTEST_BUDGET_NEAR_PERCENT", 80, min=1, max=100, help="Used share of a budget from which cheaper models answer."
)

# -- reviews ----------------------------------------------------------------------------------------
ATTEST_REVIEW_SHARE = env.float(
    "ATTEST_REVIEW_SHARE", 2.0, min=0, max=100,
    help="Percent of all answers that reviewers are given by chance; 0: only those that are always looked at.",
)  # fmt: skip
ATTEST_REVIEW_DAILY = env.int(
    "ATTEST_REVIEW_DAILY", 40, min=0, max=10_000, help="The most answers of one day that reviewers are given. 0: none."
)
ATTEST_REVIEW_SECOND_PERCENT = env.float(
    "ATTEST_REVIEW_SECOND_PERCENT", 20.0, min=0, max=100,
    help="Percent of these that a second reviewer grades without seeing the first verdict.",
)  # fmt: skip
ATTEST_REVIEW_DAYS = env.int("ATTEST_REVIEW_DAYS", 3, min=1, max=90, help="Days within which an answer is graded.")
ATTEST_REVIEW_LOCK_MINUTES = env.int(
    "ATTEST_REVIEW_LOCK_MINUTES", 15, min=1, max=480, help="Minutes that an opened answer is kept for its reviewer."
)
ATTEST_REVIEW_SHOW_ASKER = env.bool(
    "ATTEST_REVIEW_SHOW_ASKER", False, help="Reviewers see who asked. Otherwise nobody is named to them."
)
ATTEST_PASSING_RUN_DAYS = env.int(
    "ATTEST_PASSING_RUN_DAYS", 30, min=1, max=3650,
    help="How old an evaluation run may be on which a prompt or a model is put in use.",
)  # fmt: skip

# -- signals ----------------------------------------------------------------------------------------
ATTEST_SIGNAL_POINTS = env.float(
    "ATTEST_SIGNAL_POINTS", 3.0, min=0.5, max=50,
    help="Percentage points by which a figure of quality gets worse before a signal is raised.",
)  # fmt: skip
ATTEST_SIGNAL_FLOOR_PERCENT = env.float(
    "ATTEST_SIGNAL_FLOOR_PERCENT", 0.0, min=0, max=99,
    help="Percent of answers with the best grades below which a signal is raised, however it was before. 0: none.",
)  # fmt: skip
ATTEST_SIGNAL_USD = env.float(
    "ATTEST_SIGNAL_USD", 1.0, min=0, max=1_000_000,
    help="US dollars that a day costs more than usual before a signal is raised.",
)  # fmt: skip
ATTEST_SIGNAL_FAILING_PERCENT = env.float(
    "ATTEST_SIGNAL_FAILING_PERCENT", 30.0, min=1, max=95,
    help="Percent of the answers of ten minutes that fail or are degraded before a signal is raised.",
)  # fmt: skip

# -- ingestion --------------------------------------------------------------------------------------
ATTEST_WORKERS = env.int("ATTEST_WORKERS", 1, min=1, max=64, help="Worker processes that ingest documents.")
ATTEST_MAX_FILE_MB = env.int("ATTEST_MAX_FILE_MB", 50, min=1, max=2048, help="The largest file taken in.")
ATTEST_PARSE_TIMEOUT_S = env.int("ATTEST_PARSE_TIMEOUT_S", 60, min=1, max=3600, help="Seconds to read one document.")
ATTEST_PARSE_MEMORY_MB = env.int(
    "ATTEST_PARSE_MEMORY_MB", 1500, min=256, max=65536, help="Memory for reading one document."
)
ATTEST_OCR = env.choice(
    "ATTEST_OCR", ("auto", "off"), "auto",
    help="Read scanned pages with the program tesseract: auto where it is installed, or off.",
)  # fmt: skip
ATTEST_OCR_LANGUAGES = env.str(
    "ATTEST_OCR_LANGUAGES", "eng", help="The languages of scanned pages as tesseract names them, such as eng+deu."
)
ATTEST_REINDEX_BY_ITSELF = env.bool(
    "ATTEST_REINDEX_BY_ITSELF",
    True,
    help="Re-index sources in the background when a new release or encoder would index them otherwise.",
)
ATTEST_WORK_SECONDS = env.int(
    "ATTEST_WORK_SECONDS", 20, min=1, max=600, help="Seconds a worker ingests before it looks at its other tasks."
)
ATTEST_COMPLETE_LISTING_HOURS = env.int(
    "ATTEST_COMPLETE_LISTING_HOURS", 24, min=1, max=8760,
    help="How often a source that tells its changes is listed completely all the same.",
)  # fmt: skip
ATTEST_LONGEST_PAUSE_MINUTES = env.int(
    "ATTEST_LONGEST_PAUSE_MINUTES", 360, min=1, max=10_080, help="The longest that a failing source is left alone."
)
ATTEST_FOLDER_ROOTS = env.list(
    "ATTEST_FOLDER_ROOTS", [], help="Folders that admins may add as sources in the browser. Empty: none."
)

# -- audit ------------------------------------------------------------------------------------------
ATTEST_AUDIT_QUESTIONS = env.choice(
    "ATTEST_AUDIT_QUESTIONS", ("none", "text"), "none",
    help="Whether the audit log keeps the words of questions and answers, or only that they were asked and given.",
)  # fmt: skip
ATTEST_AUDIT_DAYS = env.int(
    "ATTEST_AUDIT_DAYS", 0, min=0, max=36_500, help="Days that audit entries are kept, 30 at least. 0: for ever."
)
ATTEST_AUDIT_KEYS = env.secrets(
    "ATTEST_AUDIT_KEYS",
    help="Sign checkpoints of the audit log, comma-separated: the first signs, all check. Default: SECRET_KEY.",
)
ATTEST_AUDIT_CHECKPOINT_DIR = Path(
    env.str(
        "ATTEST_AUDIT_CHECKPOINT_DIR", "",
        help="Folder for signed checkpoints of the audit log. Empty: audit-checkpoints in ATTEST_DATA_DIR.",
    )
    or ATTEST_DATA_DIR / "audit-checkpoints"
).expanduser().absolute()  # fmt: skip
ATTEST_AUDIT_FORWARD = env.url(
    "ATTEST_AUDIT_FORWARD", schemes=("https", "http", "syslog+tls", "syslog+tcp", "syslog+udp"), secret=True,
    help="Where audit entries are sent as well: https://…, syslog+tls://host:6514, syslog+tcp:// or syslog+udp://.",
)  # fmt: skip
ATTEST_AUDIT_FORWARD_TOKEN = env.secret(
    "ATTEST_AUDIT_FORWARD_TOKEN", "", help="Bearer token for an ATTEST_AUDIT_FORWARD over HTTP."
)
ATTEST_AUDIT_FORWARD_HMAC_KEY = env.secret(
    "ATTEST_AUDIT_FORWARD_HMAC_KEY", "", help="Signs what is sent over HTTP, in X-Attest-Signature (HMAC-SHA256)."
)
ATTEST_AUDIT_FORWARD_CA = env.str(
    "ATTEST_AUDIT_FORWARD_CA", "", help="A file of authorities that the receiver's certificate must come from."
)

# -- telemetry --------------------------------------------------------------------------------------
SENTRY_DSN = env.secret("SENTRY_DSN", "", help="Where errors are reported. Empty: nowhere.")
ATTEST_LOG_LEVEL = env.choice(
    "ATTEST_LOG_LEVEL",
    ["DEBUG", "INFO", "WARNING", "ERROR"],
    "INFO",
    help="The least severe log line written. Unless it is set, `make run` and other commands write from WARNING on.",
)
ATTEST_API_KEY_MAX_DAYS = env.int(
    "ATTEST_API_KEY_MAX_DAYS", 365, min=1, max=3650, help="The longest time that a new API key can work for."
)
ATTEST_API_KEY_DAYS = env.int(
    "ATTEST_API_KEY_DAYS",
    min(90, ATTEST_API_KEY_MAX_DAYS),
    min=1,
    max=ATTEST_API_KEY_MAX_DAYS,
    help="How long a new API key works when nothing else is chosen; at most ATTEST_API_KEY_MAX_DAYS.",
)
ATTEST_API_KEY_OVERLAP_HOURS = env.int(
    "ATTEST_API_KEY_OVERLAP_HOURS",
    72,
    min=0,
    max=720,
    help="The longest time that an API key can still be used after it was replaced.",
)
ATTEST_METRICS_TOKEN = env.secret(
    "ATTEST_METRICS_TOKEN", "", help="Bearer token that /metrics asks for. Empty: only loopback may read it."
)

# -- sign-on ----------------------------------------------------------------------------------------
ATTEST_SIGN_ON: tuple[NamedProvider, ...] = env.parsed(
    "ATTEST_SIGN_ON",
    lambda text: read_providers(text, secret=lambda name: env.secret(name, help="A secret that ATTEST_SIGN_ON names.")),
    default=(),
    kind="TOML",
    help="Single sign-on providers: see docs/sign-on.md. Usually in a file: ATTEST_SIGN_ON_FILE.",
)

# -- sign-in ----------------------------------------------------------------------------------------
ATTEST_LOCAL_ACCOUNTS = env.bool(
    "ATTEST_LOCAL_ACCOUNTS", True,
    help="People may sign in with a password or passkey kept here. Off: only at an identity provider.",
)  # fmt: skip
ATTEST_EMERGENCY_ACCOUNT = env.str(
    "ATTEST_EMERGENCY_ACCOUNT", "",
    help="The one account that keeps its password when local accounts are off (its address); it needs a second factor.",
).lower()  # fmt: skip
ATTEST_SECOND_FACTOR = env.choice(
    "ATTEST_SECOND_FACTOR", ("optional", "privileged", "everyone"), "optional",
    help="Who must set up a second factor before anything else: nobody, those whose roles open more, or everyone.",
)  # fmt: skip
ATTEST_CONFIRM_MINUTES = env.int(
    "ATTEST_CONFIRM_MINUTES", 15, min=1, max=1440,
    help="Minutes after signing in or confirming within which dangerous acts do not ask again who you are.",
)  # fmt: skip
ATTEST_SESSION_HOURS = env.int(
    "ATTEST_SESSION_HOURS", 336, min=1, max=8760, help="Hours after which everybody signs in again."
)
ATTEST_SESSION_IDLE_MINUTES = env.int(
    "ATTEST_SESSION_IDLE_MINUTES", 1440, min=0, max=525_600,
    help="Minutes without use after which a session ends. 0: it lasts as long as ATTEST_SESSION_HOURS says.",
)  # fmt: skip

# -- how long things are kept -----------------------------------------------------------------------
ATTEST_KEEP_QUESTIONS_DAYS = env.int(
    "ATTEST_KEEP_QUESTIONS_DAYS", 0, min=0, max=36_500,
    help="Days that questions and answers are kept, with feedback and grades. 0: until somebody deletes them.",
)  # fmt: skip
ATTEST_KEEP_USAGE_DAYS = env.int(
    "ATTEST_KEEP_USAGE_DAYS", 0, min=0, max=36_500,
    help="Days that single uses of models and the sums of each person are kept; other sums stay. 0: for ever.",
)  # fmt: skip
ATTEST_KEEP_ENDED_KEYS_DAYS = env.int(
    "ATTEST_KEEP_ENDED_KEYS_DAYS", 365, min=0, max=36_500,
    help="Days that API keys are listed after they were revoked or expired. 0: for ever.",
)  # fmt: skip
ATTEST_KEEP_RUNS_DAYS = env.int(
    "ATTEST_KEEP_RUNS_DAYS", 365, min=0, max=36_500,
    help="Days that runs of sources are kept; each source's last one stays. 0: for ever.",
)  # fmt: skip
ATTEST_KEEP_EVALUATION_DETAILS_DAYS = env.int(
    "ATTEST_KEEP_EVALUATION_DETAILS_DAYS", 0, min=0, max=36_500,
    help="Days that evaluation runs keep the texts of their cases; figures stay. 0: for ever.",
)  # fmt: skip
ATTEST_KEEP_EXPORTS_DAYS = env.int(
    "ATTEST_KEEP_EXPORTS_DAYS", 7, min=1, max=90, help="Days that an export of a person's data can be fetched."
)

env.refuse_unknown()
if ATTEST_EMERGENCY_ACCOUNT and "@" not in ATTEST_EMERGENCY_ACCOUNT:
    raise ConfigurationError(
        f'ATTEST_EMERGENCY_ACCOUNT is "{ATTEST_EMERGENCY_ACCOUNT}". Give the e-mail address of a local account.'
    )
_contexts = {f"context_tokens of models.{name}": each.context_tokens for name, each in ATTEST_MODELS.models.items()}
for _named, _context in {"LLM_CONTEXT_TOKENS": LLM_CONTEXT_TOKENS, **_contexts}.items():
    if _context < 2 * LLM_MAX_TOKENS:
        raise ConfigurationError(
            f"LLM_MAX_TOKENS is {LLM_MAX_TOKENS}, more than half of {_named} ({_context}): too little would be left "
            "for documents. Lower the one, or raise the other to what the model reads at once."
        )
if LLM_TOKENIZER and not Path(LLM_TOKENIZER).expanduser().is_file():
    raise ConfigurationError(f'LLM_TOKENIZER is "{LLM_TOKENIZER}", but there is no such file.')
if (ATTEST_AUDIT_FORWARD_TOKEN or ATTEST_AUDIT_FORWARD_HMAC_KEY) and not ATTEST_AUDIT_FORWARD.startswith("http"):
    raise ConfigurationError(
        "ATTEST_AUDIT_FORWARD_TOKEN and ATTEST_AUDIT_FORWARD_HMAC_KEY need an ATTEST_AUDIT_FORWARD that starts with "
        "https:// or http://: syslog knows neither."
    )
if 0 < ATTEST_AUDIT_DAYS < 30:
    raise ConfigurationError(
        f"ATTEST_AUDIT_DAYS is {ATTEST_AUDIT_DAYS}, but the database keeps entries of the audit log for 30 days at "
        "least. Give 30 or more, or 0 for ever."
    )
if ATTEST_AUDIT_FORWARD_CA and not Path(ATTEST_AUDIT_FORWARD_CA).is_file():
    raise ConfigurationError(f'ATTEST_AUDIT_FORWARD_CA is "{ATTEST_AUDIT_FORWARD_CA}", but there is no such file.')
refuse_wrong_limits("ATTEST_LIMITS", ATTEST_LIMITS)
refuse_wrong_limits("ATTEST_SEARCH_LIMITS", ATTEST_SEARCH_LIMITS)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "django_htmx",
    "app.telemetry",
    "app.audit",
    "app.accounts",
    "app.signon",
    "app.safety",
    "app.providers",
    "app.corpus",
    "app.prompts",
    "app.usage",
    "app.answers",
    "app.reviews",
    "app.quality",
    "ingestion",
    "retrieval",
    "app.web",
    "app.api",
    "app.scim",
    "app.privacy",
    "app.ops",
    "evals",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "app.web.headers.SafetyHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "app.telemetry.middleware.RequestContextMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "app.web.service_away.SessionLimits",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "app.web.service_away.SecondFactor",
    "app.web.not_found.NotFoundPageMiddleware",
    "app.web.service_away.ServiceAwayMiddleware",
]
ROOT_URLCONF = "app.urls"
ASGI_APPLICATION = "app.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# -- people -----------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["app.accounts.passwords.PasswordBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "app.accounts.passwords.SimilarityRule", "OPTIONS": {"user_attributes": ("email", "name")}},
    {"NAME": "app.accounts.passwords.LengthRule", "OPTIONS": {"min_length": 12}},
    {"NAME": "app.accounts.passwords.CommonRule"},
]
ACCOUNT_ADAPTER = "app.accounts.adapter.ClosedAccountAdapter"
SOCIALACCOUNT_ADAPTER = "app.signon.adapter.SignOnAdapter"
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_STORE_TOKENS = False
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
# LOCKED_MINUTES of app/accounts/lockout.py says the same to people.
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 60 * ATTEST_CONFIRM_MINUTES
USERSESSIONS_ADAPTER = "app.accounts.adapter.AuditedSessionsAdapter"
MFA_ADAPTER = "app.accounts.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
# A clock that is half a minute wrong still gives right codes.
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "app.accounts.one_time_codes.AuthenticateForm",
    "reauthenticate": "app.accounts.one_time_codes.ReauthenticateForm",
    "add_webauthn": "app.accounts.passkey_forms.AddPasskeyForm",
    "authenticate_webauthn": "app.accounts.passkey_forms.PasskeyForm",
    "login_webauthn": "app.accounts.passkey_forms.PasskeyLoginForm",
    "reauthenticate_webauthn": "app.accounts.passkey_forms.PasskeyConfirmForm",
}
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_PASSKEY_LOGIN_ENABLED = ATTEST_LOCAL_ACCOUNTS
# Browsers give passkeys to http only on this machine itself.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG and not ATTEST_HTTPS
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "ask"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"

# -- web safety -------------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = ATTEST_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
SECURE_HSTS_SECONDS = 31_536_000 if ATTEST_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = ATTEST_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ATTEST_HTTPS else None
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
# Browsers take a cookie of such a name from this host alone, over HTTPS: no neighbour in the domain can plant one.
SESSION_COOKIE_NAME = "__Host-attest-session" if ATTEST_HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-attest-csrf" if ATTEST_HTTPS else "csrftoken"
SESSION_COOKIE_AGE = 3600 * ATTEST_SESSION_HOURS
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_500_000

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = ATTEST_DATA_DIR / "static"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": ATTEST_DATA_DIR / "originals"},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- background work --------------------------------------------------------------------------------
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SOFT_TIME_LIMIT = 900
CELERY_TASK_TIME_LIMIT = 960
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 1_500_000
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 1800}
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "wake-waiting-jobs": {"task": "ingestion.tasks.wake_waiting_jobs", "schedule": 20.0},
    "sync-due-sources": {"task": "ingestion.tasks.sync_due_sources", "schedule": 60.0},
    "reindex-due-sources": {"task": "ingestion.tasks.reindex_due_sources", "schedule": 60.0},
    "refresh-restrictions": {"task": "ingestion.tasks.refresh_restrictions", "schedule": 60.0},
    "fold-term-changes": {"task": "ingestion.tasks.fold_term_changes", "schedule": 60.0},
    "sweep-files": {"task": "ingestion.tasks.sweep_files", "schedule": 21_600.0},
    "end-lost-answers": {"task": "app.answers.tasks.end_lost_answers", "schedule": 60.0},
    "redact-personal-data": {"task": "app.answers.tasks.redact_personal_data", "schedule": 3600.0},
    "sweep-reusable-answers": {"task": "app.answers.tasks.sweep_reusable_answers", "schedule": 21_600.0},
    "sample-answers": {"task": "app.reviews.tasks.sample_answers", "schedule": 300.0},
    "redact-reviews": {"task": "app.reviews.tasks.redact_reviews", "schedule": 3600.0},
    "watch-days": {"task": "app.quality.tasks.watch_days", "schedule": 3600.0},
    "watch-minutes": {"task": "app.quality.tasks.watch_minutes", "schedule": 60.0},
    "find-unanswered-topics": {"task": "app.quality.tasks.find_topics", "schedule": 900.0},
    "release-stale-reservations": {"task": "app.usage.tasks.release_stale_reservations", "schedule": 60.0},
    "add-up-usage": {"task": "app.usage.tasks.add_up_usage", "schedule": 900.0},
    "forget-old-tallies": {"task": "app.usage.tasks.forget_old_tallies", "schedule": 21_600.0},
    "chain-audit": {"task": "app.audit.tasks.chain_audit", "schedule": 5.0},
    "forward-audit": {"task": "app.audit.tasks.forward_audit", "schedule": 10.0},
    "sign-audit-checkpoint": {"task": "app.audit.tasks.sign_checkpoint", "schedule": 86_400.0},
    "verify-audit-chain": {"task": "app.audit.tasks.verify_chain", "schedule": 21_600.0},
    "let-go-of-old-data": {"task": "app.privacy.tasks.let_go", "schedule": 86_400.0},
    "take-up-lost-privacy-acts": {"task": "app.privacy.tasks.take_up_lost_acts", "schedule": 900.0},
    "remove-old-audit-entries": {"task": "app.audit.tasks.remove_old_entries", "schedule": 21_600.0},
}
for _entry in CELERY_BEAT_SCHEDULE.values():
    # While no worker runs, messages expire instead of piling up: the next one says the same.
    _entry["options"] = {"expires": _entry["schedule"]}

LOGGING_CONFIG = "app.telemetry.logs.configure"
LOGGING = {"level": ATTEST_LOG_LEVEL, "sentry_dsn": SENTRY_DSN}
