"""Both embedded servers, run for real: joined, stopped by the last user, recovered after being killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from app.embedded import Handle, postgres_url, start_postgres, start_valkey, stop_unused, valkey_url
from app.embedded.reset import reset

Start = Callable[[Path], Handle]


def quick_postgres(data_dir: Path) -> Handle:
    """PostgreSQL that does not wait for the disk."""
    return start_postgres(data_dir, durable=False)


BOTH = pytest.mark.parametrize("start", [quick_postgres, start_valkey])
HOLD = """
import sys, time
from pathlib import Path
from app.embedded.tests import test_servers
handle = getattr(test_servers, sys.argv[1])(Path(sys.argv[2]))
print(handle.pid, flush=True)
time.sleep(60)
"""


def another_process(start: Start, short_dir: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", HOLD, start.__name__, str(short_dir)]
    holder = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert int(holder.stdout.readline()) > 0
    return holder


def kill(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


def test_postgres_serves_the_database_with_vectors_at_the_promised_address(short_dir: Path):
    with start_postgres(short_dir), psycopg.connect(postgres_url(short_dir)) as connection:
        assert connection.execute("SELECT '[1,2]'::vector <-> '[1,4]'::vector").fetchone() == (2.0,)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)


def test_postgres_keeps_its_data_over_a_restart(short_dir: Path):
    with start_postgres(short_dir) as handle, psycopg.connect(handle.url) as connection:
        connection.execute("CREATE TABLE kept (number int)")
    with start_postgres(short_dir) as handle, psycopg.connect(handle.url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_valkey_keeps_its_data_over_a_restart(short_dir: Path):
    url = valkey_url(short_dir).replace("redis+socket", "unix")
    with start_valkey(short_dir), redis.from_url(url) as client:
        client.set("kept", "1")
    with start_valkey(short_dir), redis.from_url(url) as client:
        assert client.get("kept") == b"1"


@BOTH
def test_the_last_user_stops_the_server(start: Start, short_dir: Path):
    first, second = start(short_dir), start(short_dir)
    pid = first.pid
    assert pid == second.pid
    first.stop()
    first.stop()
    assert second.pid == pid
    second.stop()
    assert second.pid is None


@BOTH
def test_a_server_in_use_by_another_process_is_joined_and_left_running(start: Start, short_dir: Path):
    holder = another_process(start, short_dir)
    try:
        mine = start(short_dir)
        pid = mine.pid
        mine.stop()
        assert pid is not None
        assert psutil.pid_exists(pid)
        assert not stop_unused(short_dir)
    finally:
        kill(holder)
    assert stop_unused(short_dir)


@BOTH
def test_after_the_starter_is_killed_the_next_start_takes_over_and_stops_the_server(start: Start, short_dir: Path):
    kill(another_process(start, short_dir))
    handle = start(short_dir)
    assert handle.pid is not None
    handle.stop()
    assert handle.pid is None


@BOTH
def test_a_killed_server_starts_again(start: Start, short_dir: Path):
    handle = start(short_dir)
    assert handle.pid is not None
    os.kill(handle.pid, signal.SIGKILL)
    handle.stop()
    with start(short_dir) as again:
        assert again.pid is not None


@BOTH
def test_a_stale_pid_file_that_names_a_stranger_harms_neither(start: Start, short_dir: Path):
    start(short_dir).stop()
    name = "postgres/postmaster.pid" if start is quick_postgres else "valkey/valkey.pid"
    (short_dir / name).write_text(f"{os.getpid()}\n{short_dir}\n")
    with start(short_dir) as handle:
        assert handle.pid not in {None, os.getpid()}


def test_a_start_that_was_killed_while_making_the_cluster_is_made_good(short_dir: Path):
    half = short_dir / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18")
    with quick_postgres(short_dir) as handle:
        assert handle.pid is not None
    assert not half.exists()


def test_reset_deletes_our_files_and_leaves_others(short_dir: Path):
    quick_postgres(short_dir).stop()
    start_valkey(short_dir).stop()
    (short_dir / "mine.txt").write_text("keep")
    reset(short_dir)
    assert [path.name for path in short_dir.iterdir()] == ["mine.txt"]
