"""One server with a scripted model for all clients, and the one restart in their midst.

A dialogue that is to survive begins in a fixture of its own, named in `_BEGUN`; the tests that go
on with it ask for `restarted`, and run after all others.
"""

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from openai.types.responses import Response

from agent_memory.testing.upstream.server import ScriptedUpstream
from tests.acceptance.server import Server
from tests.clients.claude_code import MEMORY_TOOLS, ClaudeCode
from tests.clients.codex import Codex
from tests.clients.far_models import far_models
from tests.clients.pictures import red_square
from tests.clients.ran import Ran
from tests.clients.releases import (
    CLAUDE_CODE,
    CODEX,
    OPENAI_AGENTS,
    PASSED,
    Release,
    from_npm,
    from_pypi,
)
from tests.clients.remembering import add_over_http_to_claude, add_over_http_to_codex
from tests.clients.scripts import NOTEBOOK, PICTURE, make_model
from tests.clients.sdks import LONG, Agents, Thread, respond
from tests.clients.usage import Request, Usage, table
from tests.clients.verdicts import verdict

_BEGUN = (
    "codex_thread",
    "claude_session",
    "codex_remembered",
    "claude_remembered",
    "response",
    "thread",
    "agents_begun",
)
"""The dialogues that begin before the restart."""

_FIXTURES = {"codex_at": CODEX, "claude_at": CLAUDE_CODE, "agents": OPENAI_AGENTS}
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
    items.sort(key=lambda item: _when(getattr(item, "fixturenames", ())))


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


def _when(names: Sequence[str]) -> int:
    """The server is restarted after most tests, and another model is loaded at the end."""
    return 2 if "tiny" in names else 1 if "restarted" in names else 0


@pytest.fixture(scope="session")
def release(pytestconfig: pytest.Config) -> Callable[[str], Release]:
    """The installed release of a package."""

    def installed(package: str) -> Release:
        known = pytestconfig.stash[_releases]
        if package not in known:
            known[package] = (from_pypi if package == OPENAI_AGENTS else from_npm)(package)
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
    running = Server(home / "data", make_model(home / "scripted", work), models="tiny").start()
    assert running.key, "only the first of its starts shows it"
    yield running
    running.discard()


@pytest.fixture(scope="session")
def usage(server: Server, pytestconfig: pytest.Config) -> Usage:
    pytestconfig.stash[_usage] = Usage(server)
    return pytestconfig.stash[_usage]


@pytest.fixture(scope="session")
def codex_at(
    release: Callable[[str], Release], server: Server, room: Path, work: Path
) -> Callable[[str], Codex]:
    """Codex with a home of that name."""
    return lambda home: Codex(release(CODEX), server, room / home, work)


@pytest.fixture(scope="session")
def claude_at(
    release: Callable[[str], Release], server: Server, room: Path, work: Path
) -> Callable[[str], ClaudeCode]:
    """Claude Code with a home of that name."""
    return lambda home: ClaudeCode(release(CLAUDE_CODE), server, room / home, work)


@pytest.fixture(scope="session")
def codex(codex_at: Callable[[str], Codex]) -> Codex:
    return codex_at("codex")


@pytest.fixture(scope="session")
def claude(claude_at: Callable[[str], ClaudeCode]) -> ClaudeCode:
    return claude_at("claude")


@pytest.fixture(scope="session")
def codex_with_memory(codex_at: Callable[[str], Codex], server: Server) -> Codex:
    codex = codex_at("codex-http")
    add_over_http_to_codex(codex, server)
    return codex


@pytest.fixture(scope="session")
def claude_with_memory(claude_at: Callable[[str], ClaudeCode], server: Server) -> ClaudeCode:
    claude = claude_at("claude-http")
    add_over_http_to_claude(claude, server)
    return claude


@pytest.fixture(scope="session")
def agents(release: Callable[[str], Release], server: Server, room: Path) -> Agents:
    return Agents(release(OPENAI_AGENTS), server, room / "agents.db")


@pytest.fixture(scope="session")
def far(server: Server) -> Iterator[ScriptedUpstream]:
    """Models of another provider."""
    with far_models(server) as upstream:
        yield upstream


@pytest.fixture(scope="session")
def codex_thread(codex: Codex) -> Ran:
    """A thread with a round of a tool."""
    return codex.ask("Please @@codex-shell")


@pytest.fixture(scope="session")
def claude_session(claude: ClaudeCode) -> Ran:
    """A session with a round of a tool."""
    return claude.ask("Please @@claude-shell")


@pytest.fixture(scope="session")
def codex_remembered(codex_with_memory: Codex) -> Ran:
    return codex_with_memory.ask("Please @@codex-remember")


@pytest.fixture(scope="session")
def claude_remembered(claude_with_memory: ClaudeCode) -> Ran:
    return claude_with_memory.ask("Please @@claude-remember", allowed=MEMORY_TOOLS)


@pytest.fixture(scope="session")
def response(server: Server) -> Response:
    return respond(server, f"{LONG} @@hello")


@pytest.fixture(scope="session")
def thread(server: Server) -> Iterator[Thread]:
    begun = Thread(server)
    yield begun
    begun.close()


@pytest.fixture(scope="session")
def agents_begun(agents: Agents) -> tuple[str, list[Request]]:
    """A round of a function: its answer, and the requests that it took."""
    return agents.ask("Please @@function")


@pytest.fixture(scope="session")
def restarted(server: Server, request: pytest.FixtureRequest) -> Server:
    """The server after a `kill -9`, which all begun dialogues have seen."""
    for name in _BEGUN:
        request.getfixturevalue(name)
    server.kill()
    return server.start()


@pytest.fixture(scope="session")
def tiny(server: Server) -> str:
    """The bundled model, loaded in place of the scripted one."""
    loaded = server.command("models", "load", "tiny")
    assert loaded.returncode == 0, loaded.stderr
    return "tiny"
