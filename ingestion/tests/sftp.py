"""An SFTP server over a folder, for one user with a password or a key."""

import os
import socket
import threading

import paramiko

USER, PASSWORD = "ada", "right-password"


class SftpServer:
    """`delay` is asked before each request, and may raise or close."""

    def __init__(self, root, *, public_key=None):
        self.root = root
        self.public_key = public_key
        self.host_key = paramiko.ECDSAKey.generate()
        self.transports = []
        self.is_down = False
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def fingerprint(self):
        return self.host_key.fingerprint

    def cut(self):
        """End every connection, and take no new one until `recover`."""
        self.is_down = True
        self._close_all()

    def recover(self):
        self.is_down = False

    def stop(self):
        self.socket.close()
        self._close_all()

    def _close_all(self):
        while self.transports:
            self.transports.pop().close()

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            if self.is_down:
                connection.close()
                continue
            transport = paramiko.Transport(connection)
            transport.add_server_key(self.host_key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Folder, self.root)
            self.transports.append(transport)
            try:
                transport.start_server(event=threading.Event(), server=Door(self.public_key))
            except (paramiko.SSHException, EOFError, OSError):
                transport.close()


class Door(paramiko.ServerInterface):
    def __init__(self, public_key):
        self.public_key = public_key

    def check_auth_password(self, username, password):
        is_right = (username, password) == (USER, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if is_right else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username, key):
        is_right = username == USER and key == self.public_key
        return paramiko.AUTH_SUCCESSFUL if is_right else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username):
        return "password,publickey"

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED


class Folder(paramiko.SFTPServerInterface):
    def __init__(self, server, root):
        self.root = str(root)

    def _place(self, path):
        return self.root + self.canonicalize(path)

    def list_folder(self, path):
        return self._told(lambda: [self._attributes(entry) for entry in os.scandir(self._place(path))])

    def stat(self, path):
        return self._told(lambda: paramiko.SFTPAttributes.from_stat(os.stat(self._place(path))))

    def lstat(self, path):
        return self._told(lambda: paramiko.SFTPAttributes.from_stat(os.lstat(self._place(path))))

    def open(self, path, flags, attr):
        def opened():
            handle = paramiko.SFTPHandle(flags)
            handle.readfile = open(self._place(path), "rb")  # noqa: SIM115 - the handle closes it
            handle.stat = lambda: self.stat(path)
            return handle

        return self._told(opened)

    def _attributes(self, entry):
        return paramiko.SFTPAttributes.from_stat(entry.stat(follow_symlinks=False), entry.name)

    def _told(self, act):
        try:
            return act()
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)
