"""`agent-memory sessions`, with and without a server on the data directory."""

import asyncio
from pathlib import Path

import orjson
import pytest

from agent_memory.ids import SessionId
from agent_memory.store.database import Database
from agent_memory.store.sessions import SessionStore
from agent_memory.store.workspaces import DEFAULT_WORKSPACE, WorkspaceStore
from agent_memory.testing.postgres import embedded_database
from agent_memory.testing.runtime import TEST_WORKSPACE, MemorySessions
from tests.integration.cli.conftest import Command


async def put_session(url: str, session: str) -> None:
    database = Database(url, max_size=1)
    try:
        await WorkspaceStore(database).ensure_workspace()
        await SessionStore(database).create_session(DEFAULT_WORKSPACE, SessionId(session), "tiny")
    finally:
        await database.close()


@pytest.fixture
def session(data_dir: Path, request: pytest.FixtureRequest) -> str:
    """A session in the database of the data directory, while nothing runs on it."""
    name = f"of-{request.node.name}"[:100]
    with embedded_database(data_dir / "postgres") as url:
        asyncio.run(put_session(url, name))
    return name


def test_a_session_is_listed_shown_and_deleted_offline(command: Command, session: str) -> None:
    listed = orjson.loads(command("sessions", "list", "--json").stdout)
    shown = orjson.loads(command("sessions", "show", session, "--json").stdout)

    assert [entry["id"] for entry in listed] == [session]
    assert shown == {"session": listed[0], "messages": []}

    assert command("sessions", "delete", session).exit_code == 0
    assert command("sessions", "show", session).exit_code == 1


def test_to_keep_the_shelf_offline_changes_nothing(command: Command, session: str) -> None:
    assert command("sessions", "delete", session, "--keep-shelf").exit_code == 0
    assert command("sessions", "show", session).exit_code == 0


def test_a_running_server_is_asked_to_delete(
    command: Command, server: str, sessions: MemorySessions
) -> None:
    sessions.add(TEST_WORKSPACE, SessionId("trip"))

    assert command("sessions", "delete", "trip", "--keep-shelf").exit_code == 0
    assert sessions.kept_on_shelf == ["trip"]
    assert command("sessions", "delete", "trip").exit_code == 0
    assert "No session 'trip'" in command("sessions", "delete", "trip").stderr


def test_what_a_server_cannot_reach_it_is_not_asked_for(command: Command, server: str) -> None:
    outcome = command("sessions", "delete", "trip", "--workspace", "other")

    assert outcome.exit_code == 2
    assert "workspace" in outcome.stderr
