"""Parts an evaluation set in two by what belongs together: one half to tune on, the other to report."""

import hashlib


def is_tuned_on(key: str) -> bool:
    """The same for every item of one conversation, topic or pair, whatever the order of the file."""
    return hashlib.sha256(key.encode()).digest()[0] % 2 == 0
