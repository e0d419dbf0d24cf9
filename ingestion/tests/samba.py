"""A Windows share by Samba's server, with two users."""

import socket
import subprocess
import time
from contextlib import suppress

USER, OTHER, PASSWORD = "nobody", "daemon", "right-password"


class Samba:
    """Samba's server with a share of its own, state and passwords in `home`."""

    def __init__(self, home):
        self.share = home / "share"
        self.share.mkdir(mode=0o755)
        home.chmod(0o711)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        settings = home / "smb.conf"
        folders = ("lock directory", "state directory", "cache directory", "private dir", "pid directory")
        settings.write_text(
            "[global]\nmap to guest = never\nlog level = 0\nserver role = standalone server\n"
            "disable netbios = yes\ninterfaces = lo\nbind interfaces only = yes\nload printers = no\n"
            + "".join(f"{name} = {home}\n" for name in folders)
            + f"ncalrpc dir = {home}/ncalrpc\nlog file = {home}/log\n"
            f"[docs]\npath = {self.share}\nread only = yes\n"
        )
        for user in (USER, OTHER):
            subprocess.run(
                ["smbpasswd", "-c", str(settings), "-s", "-a", user],
                input=f"{PASSWORD}\n{PASSWORD}\n", text=True, check=True, capture_output=True,
            )  # fmt: skip
        # In a session of its own, as it ends its whole process group when it ends.
        self.process = subprocess.Popen(
            ["smbd", "-s", str(settings), "-F", "-p", str(self.port), "--no-process-group"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self._wait()

    def stop(self):
        self.process.terminate()
        self.process.wait(10)

    def _wait(self):
        ends_at = time.monotonic() + 20
        while time.monotonic() < ends_at and self.process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.05)
        raise TimeoutError("Samba's server did not start")
