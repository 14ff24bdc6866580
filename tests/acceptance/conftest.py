"""One server for the tests that leave it as they found it, and one for those that do not."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent_memory.testing.models import make_model_folder
from tests.acceptance.server import Server


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model: what it says means nothing, and is always the same."""
    return make_model_folder(tmp_path_factory.mktemp("model") / "llama")


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Callable[[], Path]]:
    """Makes fresh data directories.

    Not under pytest's own folder: that is closed to the user PostgreSQL runs as whenever another
    run of pytest begins.
    """
    with tempfile.TemporaryDirectory(prefix="am-test-") as folder:
        yield lambda: Path(tempfile.mkdtemp(dir=folder)) / "data"


@pytest.fixture(scope="session")
def server(data_dir: Callable[[], Path], model: Path) -> Iterator[Server]:
    running = Server(data_dir(), model).start()
    yield running
    running.discard()


@pytest.fixture(scope="session")
def often_killed(data_dir: Callable[[], Path], model: Path) -> Iterator[Server]:
    running = Server(data_dir(), model).start()
    assert running.key, "only the first of its starts shows it"
    yield running
    running.discard()


@pytest.fixture
def mortal(often_killed: Server) -> Server:
    """A second server of the same model, which tests may hurt, stop and start again. It is well
    when a test begins, in whatever state the one before has left it."""
    return often_killed.recovered()
