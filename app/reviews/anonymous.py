"""Takes what is personal out of texts that become evaluation cases: plain words in its place, or a refusal."""

from app.answers.redacting import Cut, applied
from app.safety.configured import configured
from app.safety.personal_data.detect import find_personal_data
from app.safety.personal_data.kinds import Kind

PLAIN = {
    Kind.NAME: "a colleague",
    Kind.EMAIL: "an e-mail address",
    Kind.PHONE: "a phone number",
    Kind.CARD: "a card number",
    Kind.ACCOUNT: "a bank account",
    Kind.IDENTITY: "an identity number",
    Kind.ADDRESS: "an address",
    Kind.BIRTH_DATE: "a date of birth",
    Kind.NETWORK: "a network address",
    Kind.CUSTOM: "a number",
    Kind.LISTED: "something private",
}
# Facts and passages must stay as the document has them, and may be about a name. The rest is refused there.
REFUSED = frozenset(Kind) - {Kind.NAME}


def anonymised(text: str) -> str:
    found = find_personal_data(text, configured().rules)
    return applied(text, [Cut(each.start, each.end, PLAIN[each.kind]) for each in found])


def refused_in(text: str) -> str:
    """What is in a fact or passage that may not travel, in words; empty where there is nothing."""
    found = find_personal_data(text, configured().rules, REFUSED)
    return " and ".join(dict.fromkeys(PLAIN[each.kind] for each in found))
