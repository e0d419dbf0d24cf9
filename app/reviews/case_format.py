"""What an evaluation case may say: the evaluation and the pages of reviews both take it from here."""

import re

OUTCOMES = ("answered", "caveat", "conflict", "not_found", "refused")
# Nothing is stated, so there is nothing to look for and nothing to rest it on.
SILENT_OUTCOMES = frozenset(("not_found", "refused"))
KINDS = (
    "single-fact",
    "table-lookup",
    "number-with-unit",
    "multi-document",
    "list",
    "procedure",
    "date-arithmetic",
    "comparison",
    "follow-up",
    "paraphrase",
    "typo",
    "wrong-premise",
    "contradiction",
    "out-of-date",
    "near-miss",
    "far-miss",
    "no-access",
    "personal-data",
    "direct-injection",
    "indirect-injection",
    "other-language",
)
NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*-\d\d")
