"""Tests that take from minutes to hours: `python -m tests --long`."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_memory.testing.models import make_model_folder
from tests.acceptance.server import Server


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rounds", type=int, default=100, help="how often servers are killed")
    parser.addoption("--minutes", type=float, default=60, help="how long a server is watched")


@pytest.fixture
def num_rounds(request: pytest.FixtureRequest) -> int:
    rounds: int = request.config.getoption("--rounds")
    return rounds


@pytest.fixture
def num_minutes(request: pytest.FixtureRequest) -> float:
    minutes: float = request.config.getoption("--minutes")
    return minutes


@pytest.fixture
def server() -> Iterator[Server]:
    """A server of its own, with a small random model."""
    with tempfile.TemporaryDirectory(prefix="am-long-") as folder:
        model = make_model_folder(Path(folder) / "llama")
        running = Server(Path(folder) / "data", model).start()
        assert running.key, "only the first of its starts shows it"
        yield running
        running.discard()
