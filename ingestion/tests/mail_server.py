"""A real IMAP server on loopback with one mailbox, a relay before it that can break off, and mails to put there."""

import grp
import imaplib
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

# Half a million rounds of hashing at every log-in protect nobody here.
START = """
from pysasl.hashing import BuiltinHash
BuiltinHash.__init__.__kwdefaults__["rounds"] = 1
from pymap.main import main
main()
"""
HAS_DOVECOT = shutil.which("dovecot") is not None
DOVECOT = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain
auth_failure_delay = 0
{served_as}
first_valid_uid = 1
mail_location = maildir:{folder}/mail
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""
USER, PASSWORD = "ada@example.com", "right-päss word"


@contextmanager
def pymap_server(port: int, *arguments: str) -> Iterator[None]:
    """An IMAP server that keeps its mails in memory."""
    command = [sys.executable, "-c", START, "--host", "127.0.0.1", "--port", str(port), *arguments]
    process = subprocess.Popen([*command, "dict", "--demo-user", USER, "--demo-password", PASSWORD])
    try:
        _wait(port)
        yield
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def dovecot_server(port: int) -> Iterator[None]:
    """The IMAP server that most of the world runs, where it is installed."""
    is_root = os.getuid() == 0
    # A mail server refuses to serve as root; its package brought users of its own.
    uid, gid = (65534, 65534) if is_root else (os.getuid(), os.getgid())
    who, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    served_as = f"default_internal_user = {who}\ndefault_internal_group = {group}\ndefault_login_user = {who}"
    with tempfile.TemporaryDirectory(prefix="attest-mail-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        written = DOVECOT.format(folder=folder, port=port, served_as="" if is_root else served_as, uid=uid, gid=gid)
        (folder / "dovecot.conf").write_text(written)
        (folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
        (folder / "mail").mkdir()
        os.chown(folder / "mail", uid, gid)
        process = subprocess.Popen(["dovecot", "-F", "-c", str(folder / "dovecot.conf")])
        try:
            _wait(port)
            yield
        finally:
            process.terminate()
            process.wait(10)


def certificate(folder: Path, name: str) -> ssl.SSLContext:
    """A server's side of TLS for `name`; whoever trusts `folder`/authority.pem trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8
    (folder / "authority.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "authority.pem", folder / "key.pem")
    return context


def free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int) -> None:
    for _ in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on {port}")


class Mailbox:
    """What a test does to the mailbox, as its owner."""

    def __init__(self, port: int, folder: str = "INBOX") -> None:
        self.folder = folder
        self.client = imaplib.IMAP4("127.0.0.1", port)
        self.client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.client.authenticate("PLAIN", lambda _: f"\0{USER}\0{PASSWORD}".encode())
        self.empty()

    def empty(self) -> None:
        """A folder without messages, numbered anew."""
        self.client.select("INBOX")
        if self.folder != "INBOX":
            self.client.delete(self.folder)
            self.client.create(self.folder)
        _, (count,) = self.client.select(self.folder)
        if count != b"0":
            self.client.store("1:*", "+FLAGS", r"(\Deleted)")
            self.client.expunge()

    def put(self, message: EmailMessage | bytes, arrived: datetime | None = None) -> None:
        data = message if isinstance(message, bytes) else message.as_bytes()
        when = imaplib.Time2Internaldate(arrived) if arrived else None
        answer, told = self.client.append(self.folder, None, when, data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        assert answer == "OK", told

    def take_away(self, message_id: str) -> None:
        self._take_away("MESSAGE-ID", message_id)

    def take_away_answers(self, message_id: str) -> None:
        self._take_away("REFERENCES", message_id)

    def _take_away(self, header: str, message_id: str) -> None:
        self.client.noop()
        _, (found,) = self.client.search(None, "HEADER", header, f'"{message_id}"')
        for number in found.split():
            self.client.store(number.decode(), "+FLAGS", r"(\Deleted)")
        self.client.expunge()

    def flags(self) -> list[str]:
        self.client.noop()
        _, told = self.client.fetch("1:*", "(FLAGS)")
        return [str(line) for line in told if line]

    def close(self) -> None:
        self.client.logout()


def letter(
    message_id: str, text: str = "Hello", *, subject: str = "Hello", day: int = 1, **headers: str
) -> EmailMessage:
    message = EmailMessage()
    message["From"] = headers.pop("sender", "Ada Lovelace <ada@example.com>")
    message["Date"] = headers.pop("date", f"{day:02} Mar 2024 10:00:00 +0000")
    message["Message-ID"] = f"<{message_id}>"
    if subject:
        message["Subject"] = subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


class Relay:
    """Passes a connection on, counts what the client says, and breaks off when told to. It may speak TLS."""

    def __init__(self, to: int, tls: ssl.SSLContext | None = None) -> None:
        self.to = to
        self.tls = tls
        self.left: float = float("inf")
        self.said: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        # Whoever waits in accept is woken by this, and by nothing less.
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for each in self.open:
            self._cut(each)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.tls is not None:
                try:
                    client = self.tls.wrap_socket(client, server_side=True)
                except OSError:
                    continue
            server = socket.create_connection(("127.0.0.1", self.to))
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.open.append(each)
            threading.Thread(target=self._pass, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, False), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket, is_asking: bool) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                if is_asking:
                    self.said.append(data)
                    self.left -= 1
                    if self.left < 0:
                        break
                other.sendall(data)
        self._cut(one)
        self._cut(other)

    @staticmethod
    def _cut(each: socket.socket) -> None:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
