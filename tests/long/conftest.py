"""Tests that take from minutes to hours: `python -m tests --long`."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rounds", type=int, default=100, help="how often servers are killed")


@pytest.fixture
def num_rounds(request: pytest.FixtureRequest) -> int:
    rounds: int = request.config.getoption("--rounds")
    return rounds
