"""Which part of a passage a claim rests on: the run of sentences that shares most of the claim's words. Pure."""

import re

from app.corpus.sentences import split

WORD = re.compile(r"\w{3,}|\d+")
LONGEST_RUN = 3
# A longer run must add this share of the claim's words, or the shorter one is the clearer quote.
WORTHWHILE = 0.15


def best_span(passage: str, claim: str) -> tuple[int, int]:
    """Start and end in `passage`; the whole passage where nothing is shared."""
    wanted = set(WORD.findall(claim.lower()))
    sentences = split(passage)
    best, best_value = (0, len(passage)), 0.0
    for length in range(1, LONGEST_RUN + 1):
        for run in zip(*(sentences[offset:] for offset in range(length)), strict=False):
            start, end = run[0].start, run[-1].end
            shared = wanted & set(WORD.findall(passage[start:end].lower()))
            value = len(shared) / max(1, len(wanted)) - WORTHWHILE * (length - 1)
            if value > best_value:
                best, best_value = (start, end), value
    return best
