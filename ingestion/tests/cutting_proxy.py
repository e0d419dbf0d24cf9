"""A TCP proxy that cuts its connections after so many messages of the client, for protocols that are not HTTP."""

import socket
import threading
from contextlib import suppress


class CuttingProxy:
    def __init__(self, port):
        self.upstream = port
        self.left = None
        self.open = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def fail_after(self, messages):
        self.left = messages

    def recover(self):
        self.left = None

    def stop(self):
        self.socket.close()
        self._cut(*self.open)

    def _accept(self):
        while True:
            try:
                near, _ = self.socket.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.upstream))
            self.open += [near, far]
            threading.Thread(target=self._carry, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self._carry, args=(far, near, False), daemon=True).start()

    def _carry(self, origin, target, counts):
        with suppress(OSError):
            while data := origin.recv(65536):
                if counts and self._is_over():
                    break
                target.sendall(data)
        self._cut(origin, target)

    def _is_over(self):
        if self.left is None:
            return False
        self.left -= 1
        return self.left < 0

    def _cut(self, *sockets):
        for each in sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
