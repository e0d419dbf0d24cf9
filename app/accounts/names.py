"""Names of people as others tell them, made fit to be shown beside each other. Pure."""


def printable(name: str) -> str:
    """Without signs that cannot be seen: with them one name could look like another's, or read backwards."""
    return "".join(sign for sign in " ".join(name.split()) if sign.isprintable())
