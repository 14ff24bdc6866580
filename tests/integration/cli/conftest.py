"""A data directory with a database, and a server on it."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from typer.testing import CliRunner, Result

from agent_memory.api.app import create_app
from agent_memory.api.limits import Limits
from agent_memory.cli.main import app
from agent_memory.host.presence import Presence, local_key_path, write_presence
from agent_memory.secrets_file import write_private
from agent_memory.testing.postgres import embedded_database
from agent_memory.testing.runtime import (
    TEST_KEY,
    MemorySessions,
    ScriptedTurns,
    StaticKeys,
    principal,
    scripted_runtime,
)

Command = Callable[..., Result]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def command(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command on the data directory."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return lambda *arguments: CliRunner().invoke(app, [*arguments, "--data-dir", str(data_dir)])


@pytest.fixture
def sessions() -> MemorySessions:
    return MemorySessions()


@pytest.fixture
def server(data_dir: Path, sessions: MemorySessions) -> Iterator[str]:
    """The URL of a server that owns the data directory: the real HTTP surface and database."""
    keys = StaticKeys({TEST_KEY: principal()})
    surface = create_app(scripted_runtime(ScriptedTurns(), sessions, keys), Limits())
    with (
        embedded_database(data_dir / "postgres") as database_url,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        presence = Presence(url, os.getpid(), "tiny", datetime.now(UTC), database_url)
        write_presence(data_dir, presence)
        write_private(local_key_path(data_dir), TEST_KEY.encode())
        web = uvicorn.Server(uvicorn.Config(surface, log_level="error", lifespan="off"))
        thread = threading.Thread(target=web.run, args=([listener],))
        thread.start()
        while not web.started:
            time.sleep(0.01)
        yield url
        web.should_exit = True
        thread.join()
