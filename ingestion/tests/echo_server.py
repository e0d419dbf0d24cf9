"""A server that lets nobody in and repeats all that it was told, whatever the protocol: the worst one to trust."""

import socket
import threading
from contextlib import suppress

REFUSAL = b"HTTP/1.1 401 Refused\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"


class EchoServer:
    def __init__(self) -> None:
        self.heard = b""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connected, _ = self._socket.accept()
                threading.Thread(target=self._answer, args=(connected,), daemon=True).start()

    def _answer(self, connected: socket.socket) -> None:
        connected.settimeout(5)
        with connected, suppress(OSError):
            if self._greets(connected):
                return
            told = connected.recv(65_536)
            self.heard += told
            connected.sendall(REFUSAL % (len(told), told))

    def _greets(self, connected: socket.socket) -> bool:
        """A mail server speaks first; whoever waits for that is one who wants mail."""
        connected.settimeout(0.3)
        with suppress(TimeoutError):
            connected.recv(1, socket.MSG_PEEK)
            connected.settimeout(5)
            return False
        connected.settimeout(5)
        connected.sendall(b"* OK IMAP4rev1 ready\r\n")
        while told := connected.recv(65_536):
            self.heard += told
            tag, _, command = told.strip().partition(b" ")
            if command.upper() == b"CAPABILITY":
                connected.sendall(b"* CAPABILITY IMAP4rev1\r\n%s OK done\r\n" % tag)
            else:
                connected.sendall(b"%s NO refused: %s\r\n" % (tag, command))
        return True
