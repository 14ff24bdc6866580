import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import sql

from agent_memory.errors import InvariantBroken, StorageUnavailable
from agent_memory.ids import SessionId, WorkspaceId
from agent_memory.store.database import Database
from agent_memory.store.embedded import EmbeddedPostgres
from agent_memory.store.migrate import migrate
from agent_memory.store.pipelined import Answer, Pipelined
from agent_memory.store.sessions import SessionStore
from agent_memory.store.workspaces import DEFAULT_WORKSPACE, WorkspaceStore
from agent_memory.testing.postgres import database_name, fresh_database
from tests.integration.store.conftest import ALPHA, BETA, temporary_folder
from tests.integration.store.examples import turn, user

ONE = SessionId("one")


async def test_the_default_workspace_is_made_once(database: Database) -> None:
    workspaces = WorkspaceStore(database)

    assert await workspaces.ensure_workspace() == DEFAULT_WORKSPACE
    assert await workspaces.ensure_workspace() == DEFAULT_WORKSPACE
    await SessionStore(database).create_session(DEFAULT_WORKSPACE, ONE, "tiny")


async def test_a_database_that_takes_no_writes_is_told_from_one_that_does(url: str) -> None:
    database = Database(url)
    await WorkspaceStore(database).ensure_workspace()
    await WorkspaceStore(database).touch_workspace()
    await database.close()
    with psycopg.connect(url, autocommit=True) as connection:
        name = sql.Identifier(database_name(url))
        connection.execute(
            sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(name)
        )

    database = Database(url)
    await database.ping()
    with pytest.raises(StorageUnavailable, match="read-only"):
        await WorkspaceStore(database).touch_workspace()
    await database.close()


async def test_without_a_workspace_no_row_is_seen(
    database: Database, sessions: SessionStore
) -> None:
    await sessions.commit_turn(turn(ALPHA, ONE, user("hello")))

    async with database.no_workspace() as transaction:
        assert await transaction.fetch_value("count_sessions") == 0
        assert await transaction.fetch_value("get_session", session_id=ONE) is None
        assert await transaction.fetch_value("find_turn", turn_id="turn_1") is None


async def test_a_row_of_another_workspace_cannot_be_written(database: Database) -> None:
    with pytest.raises(InvariantBroken, match="row-level security"):
        async with database.workspace(ALPHA) as transaction:
            await transaction.run("create_session", workspace_id=BETA, session_id=ONE, model="tiny")


@dataclass(frozen=True, slots=True)
class Count:
    count: int


@dataclass(frozen=True, slots=True)
class Known:
    has_any_key: bool


async def test_a_pipeline_sees_one_workspace_and_hands_its_connection_back_clean(
    url: str,
) -> None:
    database = Database(url, max_size=1)
    sessions = SessionStore(database)
    for workspace_id in (ALPHA, BETA):
        await WorkspaceStore(database).ensure_workspace(workspace_id)
    await sessions.commit_turn(turn(ALPHA, ONE, user("hello")))

    for workspace_id, num in ((ALPHA, 1), (BETA, 0)):
        async with database.pipelined(workspace_id, 1.0, is_planned_once=True) as pipeline:
            first = await pipeline.ask("count_sessions", Count)
            await pipeline.settle()
            assert await first.rows() == [Count(num)]
            second = await pipeline.ask_binary("count_sessions", Count)
        assert await second.rows() == [Count(num)]

    async with database.no_workspace() as transaction:
        assert await transaction.fetch_value("count_sessions") == 0
    await database.close()


async def test_what_came_back_before_a_pipeline_took_too_long_can_be_read(url: str) -> None:
    database = Database(url, max_size=1)
    await WorkspaceStore(database).ensure_workspace(ALPHA)

    answers: list[Answer[Known] | Answer[Count]] = []

    async def ask_and_settle() -> None:
        async with database.pipelined(ALPHA, 0.1, is_planned_once=True) as pipeline:
            answers.append(await pipeline.ask("has_any_key", Known))
            answers.append(await pipeline.ask("count_sessions", Count))
            answers.append(await pipeline.ask("has_any_key", Known))
            await pipeline.settle()

    with psycopg.connect(url) as connection:
        connection.execute("LOCK TABLE agent_memory.sessions IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(TimeoutError):
            await ask_and_settle()

    assert [await answer.rows() for answer in answers] == [[Known(has_any_key=False)], [], []]
    async with database.workspace(ALPHA) as transaction:
        assert await transaction.fetch_value("count_sessions") == 0
    await database.close()


async def test_what_is_asked_first_comes_back_from_the_workspace_that_is_entered(url: str) -> None:
    database = Database(url, max_size=1)
    await WorkspaceStore(database).ensure_workspace(ALPHA)
    await SessionStore(database).commit_turn(turn(ALPHA, ONE, user("hello")))
    answers: dict[WorkspaceId, Answer[Count]] = {}

    for workspace_id, num in ((ALPHA, 1), (BETA, 0)):

        async def ask_first(pipeline: Pipelined, workspace_id: WorkspaceId = workspace_id) -> None:
            answers[workspace_id] = await pipeline.ask("count_sessions", Count)

        async with database.pipelined(workspace_id, 1.0, ask_first, is_planned_once=True):
            assert await answers[workspace_id].rows() == [Count(num)]
    await database.close()


async def test_a_transaction_that_fails_leaves_nothing(
    database: Database, sessions: SessionStore
) -> None:
    async def create_and_fail() -> None:
        async with database.workspace(ALPHA) as transaction:
            await transaction.run(
                "create_session", workspace_id=ALPHA, session_id=ONE, model="tiny"
            )
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await create_and_fail()

    assert await sessions.count_sessions(ALPHA) == 0


async def test_transactions_of_two_workspaces_do_not_mix_on_one_connection(url: str) -> None:
    database = Database(url, max_size=1)
    for workspace_id in (ALPHA, BETA):
        await WorkspaceStore(database).ensure_workspace(workspace_id)
    sessions = SessionStore(database)

    await asyncio.gather(
        *(
            sessions.commit_turn(turn(w, f"s{n}", user("a")))
            for n in range(5)
            for w in (ALPHA, BETA)
        )
    )

    assert await sessions.count_sessions(ALPHA) == 5
    assert await sessions.count_sessions(BETA) == 5
    await database.close()


async def test_a_snapshot_cannot_write(database: Database) -> None:
    with pytest.raises(InvariantBroken, match="read-only"):
        async with database.snapshot(ALPHA) as transaction:
            await transaction.run("ensure_workspace", workspace_id=ALPHA)


async def test_waiting_for_a_connection_ends_in_storage_unavailable(url: str) -> None:
    database = Database(url, max_size=1, timeout_s=0.2)

    with pytest.raises(StorageUnavailable):
        async with database.no_workspace():
            await database.ping()
    await database.ping()
    await database.close()


async def test_an_unreachable_database_is_unavailable_within_its_timeout() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/nothing", timeout_s=0.3)

    started = time.monotonic()
    with pytest.raises(StorageUnavailable):
        await database.ping()

    assert time.monotonic() - started < 2
    await database.close()


async def test_a_closed_database_is_unavailable(url: str) -> None:
    database = Database(url)
    await database.ping()
    await database.close()

    with pytest.raises(StorageUnavailable):
        await database.ping()


@pytest.fixture(scope="module")
def own_server() -> Iterator[EmbeddedPostgres]:
    """A server to be killed, and brought back by whoever did it."""
    with temporary_folder() as folder:
        server = EmbeddedPostgres.start(folder / "postgres")
        yield server
        server.stop()


@pytest.fixture
def own_url(own_server: EmbeddedPostgres) -> Iterator[str]:
    with fresh_database(own_server.url) as url:
        migrate(url)
        yield url


@pytest.fixture
async def own_database(own_url: str) -> AsyncIterator[Database]:
    database = Database(own_url, timeout_s=3.0)
    await WorkspaceStore(database).ensure_workspace(ALPHA)
    yield database
    await database.close()


def kill(server: EmbeddedPostgres) -> None:
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    while server.is_running:
        time.sleep(0.01)


async def test_a_killed_server_comes_back_with_everything_that_was_acknowledged(
    own_server: EmbeddedPostgres, own_database: Database
) -> None:
    sessions = SessionStore(own_database)
    for n in range(20):
        await sessions.commit_turn(turn(ALPHA, ONE, user(f"{n}"), num_kept=2 * n))

    kill(own_server)
    with pytest.raises(StorageUnavailable):
        await sessions.get_session(ALPHA, ONE)
    own_server.ensure_running()

    transcript = await sessions.load_transcript(ALPHA, ONE)
    assert len(transcript.messages) == 40
    await sessions.commit_turn(turn(ALPHA, ONE, user("on"), num_kept=40))


async def test_a_restarted_server_is_used_at_once(
    own_server: EmbeddedPostgres, own_database: Database
) -> None:
    await own_database.ping()

    own_server.stop()
    own_server.ensure_running()

    await own_database.ping()


async def test_a_long_absence_does_not_slow_the_return(
    own_server: EmbeddedPostgres, own_database: Database
) -> None:
    await own_database.ping()
    own_server.stop()
    for _ in range(4):
        with pytest.raises(StorageUnavailable):
            await own_database.ping()
    await asyncio.sleep(3)

    own_server.ensure_running()

    await own_database.ping()  # within its timeout of a second


async def test_a_connection_cut_in_the_middle_of_a_turn_leaves_no_half_of_it(
    own_server: EmbeddedPostgres, own_database: Database
) -> None:
    async def create_and_be_cut() -> None:
        async with own_database.workspace(ALPHA) as transaction:
            await transaction.run(
                "create_session", workspace_id=ALPHA, session_id=ONE, model="tiny"
            )
            with psycopg.connect(own_server.url, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'agent_memory'"
                )
            await transaction.fetch_value("count_sessions")

    with pytest.raises(StorageUnavailable):
        await create_and_be_cut()

    assert await SessionStore(own_database).count_sessions(ALPHA) == 0


async def ask_in_a_pipeline(database: Database) -> list[Count]:
    answers: list[Answer[Count]] = []

    async def ask_first(pipeline: Pipelined) -> None:
        answers.append(await pipeline.ask("count_sessions", Count))

    async with database.pipelined(ALPHA, 5.0, ask_first, is_planned_once=True):
        pass
    return await answers[-1].rows()


@pytest.mark.parametrize("use", [Database.ping, ask_in_a_pipeline])
async def test_a_connection_that_dies_unnoticed_is_replaced(
    own_server: EmbeddedPostgres,
    own_database: Database,
    use: Callable[[Database], Coroutine[None, None, object]],
) -> None:
    expected = await use(own_database)
    with psycopg.connect(own_server.url, autocommit=True) as connection:
        [(pid,)] = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'agent_memory'"
        ).fetchall()
        os.kill(pid, signal.SIGSTOP)  # It will be gone, and cannot say so yet.
        try:
            connection.execute("SELECT pg_terminate_backend(%s)", [pid])
            using = asyncio.create_task(use(own_database))
            await asyncio.sleep(0.2)
            assert not using.done()
        finally:
            os.kill(pid, signal.SIGCONT)

    assert await using == expected
