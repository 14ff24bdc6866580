"""One server with a scripted model for all clients, and the one restart in their midst.

A dialogue that is to survive begins in a fixture of its own, named in `_BEGUN`; the tests that go
on with it ask for `restarted`, and run after all others.
"""

import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.server import Server
from tests.clients.claude_code import ClaudeCode
from tests.clients.codex import Codex
from tests.clients.pictures import red_square
from tests.clients.ran import Ran
from tests.clients.releases import (
    CLAUDE_CODE,
    CODEX,
    PASSED,
    Release,
    from_npm,
)
from tests.clients.scripts import NOTEBOOK, PICTURE, make_model
from tests.clients.usage import Usage, table
from tests.clients.verdicts import verdict

_BEGUN = ("codex_thread", "claude_session")
"""The dialogues that begin before the restart."""

_FIXTURES = {"codex": CODEX, "claude": CLAUDE_CODE}
"""The fixture of each client, by which a test is known to use it."""

_releases = pytest.StashKey[dict[str, Release]]()
_users = pytest.StashKey[dict[str, set[str]]]()
_usage = pytest.StashKey[Usage]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_releases] = {}
    config.stash[_users] = {}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        names = getattr(item, "fixturenames", ())
        config.stash[_users][item.nodeid] = {_FIXTURES[name] for name in names if name in _FIXTURES}
    items.sort(key=lambda item: "restarted" in getattr(item, "fixturenames", ()))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if usage := config.stash.get(_usage, None):
        for row in table(list(usage.dialogues.values())):
            terminalreporter.write_line(row)
    bad = (*terminalreporter.getreports("failed"), *terminalreporter.getreports("error"))
    for package, release in config.stash[_releases].items():
        broken = [each.nodeid for each in bad if package in config.stash[_users][each.nodeid]]
        terminalreporter.write_line(verdict(release, PASSED[package], broken))


@pytest.fixture(scope="session")
def release(pytestconfig: pytest.Config) -> Callable[[str], Release]:
    """The installed release of a package of npm."""

    def installed(package: str) -> Release:
        known = pytestconfig.stash[_releases]
        if package not in known:
            known[package] = from_npm(package)
        return known[package]

    return installed


@pytest.fixture(scope="session")
def room() -> Iterator[Path]:
    """A folder for everything, which the user that PostgreSQL runs as may enter."""
    with tempfile.TemporaryDirectory(prefix="am-clients-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def work(room: Path) -> Path:
    """The folder that all agents work in, with what they read there."""
    folder = room / "work"
    folder.mkdir()
    (folder / PICTURE).write_bytes(red_square())
    empty = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (folder / NOTEBOOK).write_text(json.dumps(empty))
    return folder


@pytest.fixture(scope="session")
def server(room: Path, work: Path) -> Iterator[Server]:
    home = room / "home"
    home.mkdir()
    running = Server(home / "data", make_model(home / "scripted", work)).start()
    assert running.key, "only the first of its starts shows it"
    yield running
    running.discard()


@pytest.fixture(scope="session")
def usage(server: Server, pytestconfig: pytest.Config) -> Usage:
    pytestconfig.stash[_usage] = Usage(server)
    return pytestconfig.stash[_usage]


@pytest.fixture(scope="session")
def codex(release: Callable[[str], Release], server: Server, room: Path, work: Path) -> Codex:
    return Codex(release(CODEX), server, room / "codex", work)


@pytest.fixture(scope="session")
def claude(release: Callable[[str], Release], server: Server, room: Path, work: Path) -> ClaudeCode:
    return ClaudeCode(release(CLAUDE_CODE), server, room / "claude", work)


@pytest.fixture(scope="session")
def codex_thread(codex: Codex) -> Ran:
    """A thread with a round of a tool."""
    return codex.ask("Please @@codex-shell")


@pytest.fixture(scope="session")
def claude_session(claude: ClaudeCode) -> Ran:
    """A session with a round of a tool."""
    return claude.ask("Please @@claude-shell")


@pytest.fixture(scope="session")
def restarted(server: Server, request: pytest.FixtureRequest) -> Server:
    """The server after a `kill -9`, which all begun dialogues have seen."""
    for name in _BEGUN:
        request.getfixturevalue(name)
    server.kill()
    return server.start()
