"""One file per family of formats: bytes in, blocks in reading order out."""
