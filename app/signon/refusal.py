"""Why a sign-in through a provider came to nothing: one word for the audit log, one sentence for the person."""

from enum import Enum


class Reason(Enum):
    """The value is what a person reads: what happened, and what to do. It tells nothing about accounts of others."""

    CANCELLED = "The sign-in was cancelled at your provider. Try again when you are ready."
    STATE = "This sign-in was begun in another window, was already used, or took too long. Start again from here."
    ISSUER = "The answer came from another provider than the one you chose. Start again; if it stays so, tell an admin."
    PROVIDER_AWAY = "Your provider cannot be reached, or answers with something unexpected. Try again in a few minutes."
    PROVIDER_REFUSED = "Your provider refused to complete the sign-in. Start again; if it stays so, tell an admin."
    UNVERIFIED = "What your provider sent could not be verified, so you were not signed in. Tell an admin."
    AUDIENCE = "What your provider sent is meant for another application, so you were not signed in. Tell an admin."
    NONCE = "What your provider sent belongs to another sign-in, so you were not signed in. Start again from here."
    EXPIRED = "What your provider sent has expired. Start again; if it stays so, a clock is wrong: tell an admin."
    SIGNATURE = "The signature of what your provider sent is wrong, so you were not signed in. Tell an admin."
    NOT_ASKED = (
        "Your provider did not ask you to sign in anew, as it should. Start again; if it stays so, tell an admin."
    )
    OWN_KEY = "Our own key for this provider cannot be read, so nobody can sign in through it. Tell an admin."
    UNENCRYPTED = "What your provider sent is not encrypted, as it must be, so you were not signed in. Tell an admin."
    SUBJECT_CHANGES = "Your provider names you otherwise at every sign-in, so you cannot be recognised. Tell an admin."
    SUBJECT = "Your provider's answers are about two different people, so you were not signed in. Tell an admin."
    REPLAYED = "This sign-in was used before. Start again from here."
    NO_EMAIL = "Your provider tells no e-mail address for you. Ask an admin of your provider to release it."
    EMAIL_UNVERIFIED = "Your provider has not verified your e-mail address. Have it verified there, then try again."
    DOMAIN = "Addresses like yours may not sign in through this provider. Ask an admin which account to use."
    NOT_INVITED = "You have no account here yet. Ask an admin to invite you."
    ADDRESS_TAKEN = "This sign-in does not belong to an account here yet. Ask an admin, or sign in as you did before."
    CLOSED = "Your account here is closed. Ask an admin to open it again."

    @property
    def word(self) -> str:
        return self.name.lower()


class SignOnRefused(Exception):  # noqa: N818 - the name says what happened
    """`detail` is for the audit log and admins: short, and without any secret or token."""

    permanent = True

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason.word}: {detail}" if detail else reason.word)
        self.reason, self.detail = reason, detail[:300]
