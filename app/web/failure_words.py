"""Reasons of failures in words: a label for lists, and what an admin can do about each."""

from functools import cache

from ingestion.errors import FailureReason

WORDS: dict[str, tuple[str, str]] = {
    "encrypted": ("Needs a password", "Store a copy without a password at the source."),
    "scanned": ("Pictures of pages", "Store a version with a text layer, or have an operator turn on recognition."),
    "empty": ("No text", "Check the file: it holds nothing that could be found."),
    "too_large": ("Too large", "Split it, or have an operator raise the limit."),
    "unsupported": ("Unknown format", "Store it in a format that can be read, such as PDF, Word or HTML."),
    "corrupt": ("Damaged", "Open the file at the source and save it again."),
    "hostile": ("Refused as harmful", "Check where the file comes from before anybody opens it."),
    "timeout": ("Took too long", "Split it; it is tried again by itself a few times."),
    "out_of_memory": ("Needed too much memory", "Split it, or have an operator raise the limit."),
    "crashed": ("Ended its reader", "Check the file, then retry; it was set aside so that the rest goes on."),
    "unreadable": ("Could not be fetched", "Check the source and its rights; it is tried again by itself."),
    "model_unavailable": ("Model unavailable", "Nothing is wrong with it; it is read when the model is back."),
    "internal": ("Unexpected error", "Retry; if it fails again, tell an operator the time and the document."),
}


@cache
def reason_labels() -> dict[str, str]:
    """Every reason there is, also one that has no words here yet."""
    return {reason.value: reason_label(reason.value) for reason in FailureReason}


def reason_label(reason: str) -> str:
    return WORDS[reason][0] if reason in WORDS else reason.replace("_", " ").capitalize()


def reason_advice(reason: str) -> str:
    return WORDS[reason][1] if reason in WORDS else ""
