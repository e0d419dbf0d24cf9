"""What other packages are told of the corpus, as it may not know them."""

from django.dispatch import Signal

# Sent in the transaction that purges documents, before they go, with `document_ids`. Whoever has copied words of
# them erases these and returns how many answers that were.
content_erased = Signal()
