import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from agent_memory.errors import StorageUnavailable
from agent_memory.store.embedded import EmbeddedPostgres
from agent_memory.testing.postgres import embedded_database
from tests.integration.store.conftest import temporary_folder

OWNER = """
import sys, time
from pathlib import Path
from agent_memory.store.embedded import EmbeddedPostgres
server = EmbeddedPostgres.start(Path(sys.argv[1]))
print(server.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where one database lives that all tests here start and stop."""
    with temporary_folder() as folder:
        yield folder / "data dir, é" / "postgres"


@pytest.fixture
def running(folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres.start(folder)
    yield server
    server.stop()


def execute(url: str, text: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        cursor = connection.execute(text.encode())
        return cursor.fetchall() if cursor.description else []


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that ended and was not waited for does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def own_and_die(folder: Path, *, with_watcher: bool = False) -> int:
    """Start the server from a process that is then killed; the server's process id. Its watcher is
    killed first, where it shall outlive its owner."""
    command = [sys.executable, "-c", OWNER, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        if not with_watcher:
            for child in psutil.Process(owner.pid).children():
                if child.pid != pid:
                    child.kill()
        owner.kill()
    return pid


def test_what_is_written_is_there_after_a_restart(folder: Path) -> None:
    server = EmbeddedPostgres.start(folder)
    execute(server.url, "CREATE TABLE kept AS SELECT 1 AS value")
    server.stop()
    assert not server.is_running

    with_restart = EmbeddedPostgres.start(folder)

    assert execute(with_restart.url, "SELECT value FROM kept") == [(1,)]
    with_restart.stop()


def test_it_is_postgresql_18_in_utf_8_that_loses_nothing(running: EmbeddedPostgres) -> None:
    def setting(name: str) -> object:
        return execute(running.url, f"SHOW {name}")[0][0]

    assert str(setting("server_version")).startswith("18.")
    assert setting("server_encoding") == "UTF8"
    assert (setting("fsync"), setting("synchronous_commit")) == ("on", "on")
    assert setting("max_connections") == "200"


def test_nothing_listens_on_the_network(running: EmbeddedPostgres) -> None:
    (addresses,) = execute(running.url, "SHOW listen_addresses")

    assert addresses == ("",)
    with pytest.raises(ConnectionRefusedError), socket.socket() as client:
        client.connect(("127.0.0.1", 5432))


def test_nobody_enters_without_the_password(running: EmbeddedPostgres) -> None:
    without = running.url.replace("%2Fpassword", "%2Fnowhere")

    with pytest.raises(psycopg.OperationalError, match="no password"):
        psycopg.connect(without)


def test_only_we_can_read_the_password_the_log_and_the_data(
    running: EmbeddedPostgres, folder: Path
) -> None:
    for name in ("password", "server.log", "lock"):
        status = (folder / name).stat()
        assert (stat.S_IMODE(status.st_mode), status.st_uid) == (0o600, os.geteuid())
    assert stat.S_IMODE((folder / "data").stat().st_mode) == 0o700


def test_the_url_holds_no_secret(running: EmbeddedPostgres, folder: Path) -> None:
    password = (folder / "password").read_text().strip().rsplit(":", 1)[1]

    assert len(password) >= 32
    assert password not in running.url


def test_folders_above_are_not_opened_to_others(running: EmbeddedPostgres, folder: Path) -> None:
    parent = folder.parent.parent

    assert stat.S_IMODE(parent.stat().st_mode) & 0o007 == 0


def test_a_lost_password_is_replaced(folder: Path) -> None:
    (folder / "password").unlink()

    server = EmbeddedPostgres.start(folder)

    assert execute(server.url, "SELECT 1") == [(1,)]
    server.stop()


def test_stopping_twice_is_harmless_and_leaves_nothing_running(folder: Path) -> None:
    server = EmbeddedPostgres.start(folder)
    pid = server.pid
    assert pid is not None

    server.stop()
    server.stop()

    assert not is_alive(pid)
    assert not (folder / "data" / "postmaster.pid").exists()


def test_two_owners_of_one_folder_are_one_too_many(running: EmbeddedPostgres, folder: Path) -> None:
    second = EmbeddedPostgres(folder, lock_timeout_s=0.1)

    with pytest.raises(StorageUnavailable, match=f"in use by process {os.getpid()}"):
        second.ensure_running()
    assert execute(running.url, "SELECT 1") == [(1,)]


def test_two_folders_are_served_side_by_side(running: EmbeddedPostgres, place: Path) -> None:
    with embedded_database(place / "postgres") as url:
        assert execute(url, "SELECT count(*) FROM agent_memory.sessions") == [(0,)]
        assert execute(running.url, "SELECT 1") == [(1,)]


def test_a_server_ends_with_its_owner_in_order(folder: Path) -> None:
    left = own_and_die(folder, with_watcher=True)

    deadline = time.monotonic() + 20
    while is_alive(left):
        assert time.monotonic() < deadline
        time.sleep(0.05)

    assert not (folder / "data" / "postmaster.pid").exists()
    assert "database system is shut down" in (folder / "server.log").read_text()[-2000:]


def test_a_server_that_is_stopped_leaves_no_watcher(folder: Path) -> None:
    before = {child.pid for child in psutil.Process().children()}
    server = EmbeddedPostgres.start(folder)
    assert len({child.pid for child in psutil.Process().children()} - before) == 2
    server.stop()
    assert {child.pid for child in psutil.Process().children()} == before


def test_a_server_whose_owner_was_killed_is_replaced(folder: Path) -> None:
    left = own_and_die(folder)
    assert is_alive(left)

    server = EmbeddedPostgres.start(folder)

    assert not is_alive(left)
    assert server.pid != left
    assert execute(server.url, "SELECT value FROM kept") == [(1,)]
    server.stop()


def test_owner_and_server_may_both_have_been_killed(folder: Path) -> None:
    left = own_and_die(folder)
    os.kill(left, signal.SIGKILL)
    while is_alive(left):
        time.sleep(0.01)

    server = EmbeddedPostgres.start(folder)

    assert execute(server.url, "SELECT value FROM kept") == [(1,)]
    server.stop()


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with it."""
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


def test_a_stale_pid_file_that_names_a_stranger_is_passed_over(
    folder: Path, stranger: subprocess.Popen[bytes]
) -> None:
    pid_file = folder / "data" / "postmaster.pid"
    pid_file.write_text(f"{stranger.pid}\n{folder}/data\n1770000000\n5432\n/tmp\n\n0 0\nready\n")
    if os.geteuid() == 0:
        os.chown(pid_file, (folder / "data").stat().st_uid, -1)

    server = EmbeddedPostgres.start(folder)

    assert execute(server.url, "SELECT 1") == [(1,)]
    assert stranger.poll() is None
    server.stop()


def test_the_log_that_a_failed_start_leaves_is_in_its_error(folder: Path) -> None:
    control = folder / "data" / "global" / "pg_control"
    kept = control.rename(control.with_suffix(".kept"))

    with pytest.raises(StorageUnavailable, match=r"did not start.*pg_control"):
        EmbeddedPostgres.start(folder)

    kept.rename(control)
    server = EmbeddedPostgres.start(folder)
    assert execute(server.url, "SELECT 1") == [(1,)]
    server.stop()


def test_a_folder_too_deep_for_a_socket_has_it_elsewhere(place: Path) -> None:
    deep = place / ("d" * 100) / "postgres"

    with embedded_database(deep) as url:
        assert execute(url, "SELECT 1") == [(1,)]
        assert not (deep / "run").exists()


def test_making_the_database_anew_after_being_killed_at_it(place: Path) -> None:
    half = place / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")

    with embedded_database(place / "postgres") as url:
        assert execute(url, "SELECT 1") == [(1,)]


def test_an_ordinary_user_can_run_it(place: Path) -> None:
    code = """
import os, sys, psycopg
from pathlib import Path
from agent_memory.store.embedded import EmbeddedPostgres
folder = Path(sys.argv[1])
if os.geteuid() == 0:
    os.chown(folder.parent, 65534, 65534)
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
server = EmbeddedPostgres.start(folder)
with psycopg.connect(server.url) as connection:
    print(connection.execute("SELECT 1").fetchone())
server.stop()
"""
    folder = place / "postgres"

    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=False
    )

    assert (done.stdout.strip(), done.returncode) == ("(1,)", 0), done.stderr
    assert (folder / "data").stat().st_uid != 0
