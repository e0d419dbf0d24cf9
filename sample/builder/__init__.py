"""Writes the sample company's binary documents from the plain texts in `content/`, byte for byte the same each time."""
