"""A mailbox folder, open: connections are kept for a minute, and every failure is said in words for an admin."""

import os
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from imaplib import IMAP4

from imapclient.exceptions import CapabilityError, LoginError

from ingestion.connectors.base import ConnectorError, ItemVanished
from ingestion.connectors.mail.imap_client import Place, Session
from ingestion.errors import IngestionError

WHOLE_S = 1800
KEPT_S = 60
BUSY = ("unavailable", "inuse", "limit", "too many", "try again", "temporar", "overquota")

_kept: dict[Place, tuple[Session, float, int]] = {}
_lock = threading.Lock()


@contextmanager
def opened(place: Place) -> Iterator[Session]:
    """The folder, looked at anew. A connection is kept for a minute, so that each message need not log in."""
    with _told(place):
        session = _taken(place) or _connected(place)
        watch = threading.Timer(WHOLE_S, session.cut)
        watch.daemon = True
        watch.start()
        is_sound = False
        try:
            yield session
            is_sound = True
        except (ItemVanished, IngestionError):
            is_sound = True
            raise
        finally:
            watch.cancel()
            if is_sound:
                _keep(place, session)
            else:
                session.close()


def _taken(place: Place) -> Session | None:
    with _lock:
        session, since, process = _kept.pop(place, (None, 0.0, 0))
    if session is None or process != os.getpid():
        return None
    if time.monotonic() - since < KEPT_S:
        with suppress(OSError, IMAP4.error):
            session.examine()
            return session
    session.close()
    return None


def _connected(place: Place) -> Session:
    session = Session(place)
    session.examine()
    return session


def _keep(place: Place, session: Session) -> None:
    with _lock:
        other = _kept.get(place)
        if other is None or other[2] != os.getpid():
            _kept[place] = (session, time.monotonic(), os.getpid())
            return
    session.leave()


@contextmanager
def _told(place: Place) -> Iterator[None]:
    """Every failure of the connection as a ConnectorError."""
    at = f"{place.host}:{place.port}"
    try:
        yield
    except LoginError as error:
        # What the server says is not repeated: it may quote what it was sent.
        raise _refused(at, is_busy=any(word in str(error).lower() for word in BUSY)) from None
    except ssl.SSLCertVerificationError as error:
        raise ConnectorError(
            f"The certificate of {at} is not trusted ({error.verify_message}); use the name it was made out for, "
            "or add its authority to the system's.",
            permanent=True,
        ) from error
    except ssl.SSLError as error:
        message = f"{at} does not speak TLS in this way; on port 993 it is usually TLS, on 143 STARTTLS."
        raise ConnectorError(message, permanent=True) from error
    except CapabilityError as error:
        message = f"{at} does not offer STARTTLS; choose TLS, usually on port 993."
        raise ConnectorError(message, permanent=True) from error
    except TimeoutError as error:
        message = f"{at} took too long to answer; check the port and that it is up."
        raise ConnectorError(message, permanent=False) from error
    except (OSError, EOFError, IMAP4.error) as error:
        message = f"{at} cannot be reached or broke off; check host, port and security, and that it is up."
        raise ConnectorError(message, permanent=False) from error


def _refused(at: str, *, is_busy: bool) -> ConnectorError:
    if is_busy:
        return ConnectorError(f"{at} lets nobody in at the moment; it is tried again later.", permanent=False)
    return ConnectorError(
        f"{at} refused the user name and password; check both. Many providers want an app password here, "
        "or IMAP switched on for the account.",
        permanent=True,
    )
