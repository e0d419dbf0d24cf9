"""Databases on loopback that ask for a password, each in a folder of its own: those people query, not our own."""

import shutil
import socket
import subprocess
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import psycopg
import pymysql
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.embedded.postgres import _program
from app.embedded.server_user import server_user

ADMIN, PASSWORD = "owner", "the-owners-password"
READER, READER_PASSWORD = "reader", "the-readers-password"


class PostgresOnTcp:
    def __init__(self, home):
        self.port = _free_port()
        data = home / "data"
        data.mkdir(mode=0o700)
        secret = home / "password"
        secret.write_text(PASSWORD)
        user = server_user(data)
        user.give(data)
        user.give(secret)
        user.may_reach(data)
        user.may_reach(_program("postgres").parent)
        subprocess.run(
            [_program("initdb"), "-D", data, "-U", ADMIN, f"--pwfile={secret}", "--auth=scram-sha-256", "--no-sync",
             "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"],
            check=True, capture_output=True, cwd="/", **user.as_arguments(),
        )  # fmt: skip
        self.process = subprocess.Popen(
            [_program("postgres"), "-D", data, "-p", str(self.port), "-k", data, "-c", "listen_addresses=127.0.0.1",
             "-c", "fsync=off", "-c", "shared_buffers=16MB", "-c", "dynamic_shared_memory_type=mmap"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", start_new_session=True,
            **user.as_arguments(),
        )  # fmt: skip
        _wait(self.process, self.connect, psycopg.OperationalError)
        self.run(f"CREATE ROLE {READER} LOGIN PASSWORD '{READER_PASSWORD}'")

    def connect(self):
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=ADMIN, password=PASSWORD, dbname="postgres", autocommit=True
        )

    def run(self, sql, values=()):
        with self.connect() as connection:
            cursor = connection.execute(sql, values)
            return cursor.fetchall() if cursor.description else []

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


class MariaDb:
    """Debian's package mariadb-server."""

    def __init__(self, home):
        self.port = _free_port()
        data = home / "data"
        user = server_user(data)
        home.mkdir(exist_ok=True)
        user.give(home)
        user.may_reach(home)
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db",
             "--auth-root-authentication-method=normal"],
            check=True, capture_output=True, cwd="/", **user.as_arguments(),
        )  # fmt: skip
        start = home / "start.sql"
        start.write_text(
            # One statement a line, as the server reads it.
            f"CREATE USER {ADMIN}@'%' IDENTIFIED BY '{PASSWORD}';\n"
            f"GRANT ALL ON *.* TO {ADMIN}@'%' WITH GRANT OPTION;\n"
            f"CREATE USER {READER}@'%' IDENTIFIED BY '{READER_PASSWORD}';\n"
            "CREATE DATABASE company CHARSET utf8mb4;\n"
        )
        user.give(start)
        for name, content in zip(("server.crt", "server.key"), certificate(), strict=True):
            (home / name).write_bytes(content)
            (home / name).chmod(0o600)
            user.give(home / name)
        self.process = subprocess.Popen(
            [shutil.which("mariadbd"), "--no-defaults", f"--datadir={data}", f"--port={self.port}",
             "--bind-address=127.0.0.1", f"--socket={home}/socket", f"--pid-file={home}/pid", f"--init-file={start}",
             "--skip-name-resolve", f"--ssl-cert={home}/server.crt", f"--ssl-key={home}/server.key",
             "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", start_new_session=True,
            **user.as_arguments(),
        )  # fmt: skip
        _wait(self.process, self.connect, pymysql.OperationalError)

    def connect(self):
        return pymysql.connect(
            host="127.0.0.1", port=self.port, user=ADMIN, password=PASSWORD, database="company", autocommit=True
        )

    def run(self, sql, values=()):
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchall()

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


def certificate():
    """A certificate that nobody vouches for, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    form = serialization.PrivateFormat.PKCS8
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    return signed.public_bytes(pem), key.private_bytes(pem, form, plain)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait(process, connect, refused):
    ends_at = time.monotonic() + 30
    while time.monotonic() < ends_at and process.poll() is None:
        with suppress(refused):
            connect().close()
            return
        time.sleep(0.05)
    process.kill()
    raise TimeoutError("the database server did not start")
