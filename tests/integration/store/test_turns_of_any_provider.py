"""Turns that the local engine did not answer, and data directories from before there were any."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import psycopg
import pytest

from agent_memory.errors import ConversationMoved
from agent_memory.ids import SessionId, TurnId, WorkspaceId
from agent_memory.store.answered_turns import AnsweredTurnStore
from agent_memory.store.database import Database
from agent_memory.store.embedded import EmbeddedPostgres
from agent_memory.store.migrate import migrate, read_migrations
from agent_memory.store.session_copies import SessionCopies
from agent_memory.store.sessions import SessionStore
from agent_memory.testing.postgres import fresh_database
from agent_memory.turns.transcript import Head, TurnCommit
from tests.integration.store.conftest import ALPHA
from tests.integration.store.examples import assistant, traced, turn, user

ONE = SessionId("one")
MIGRATION = "0011_turns_of_any_provider"


def elsewhere(commit: TurnCommit) -> TurnCommit:
    """The same turn, answered by another provider."""
    return replace(commit, traces=None, model="far/large")


async def take_three_turns(sessions: SessionStore) -> None:
    """Of the local engine, of another provider, and of the local engine again."""
    first = turn(ALPHA, ONE, user("a"), head_hash="h1", tokens=(5,))
    await sessions.commit_turn(traced(first, 0, (1, 2)))
    second = turn(ALPHA, ONE, user("b"), num_kept=2, head_hash="h2", turn_id="turn_2")
    await sessions.commit_turn(elsewhere(second))
    third = turn(ALPHA, ONE, user("c"), num_kept=4, head_hash="h3", tokens=(7,))
    await sessions.commit_turn(traced(third, 3, (6, 6)))


async def test_a_turn_without_traces_is_a_turn_like_any_other(sessions: SessionStore) -> None:
    await take_three_turns(sessions)

    transcript = await sessions.load_transcript(ALPHA, ONE)

    assert [message.text for message in transcript.messages] == [
        *("a", "answer"),
        *("b", "answer"),
        *("c", "answer"),
    ]
    assert [(said.position, said.tokens, said.model) for said in transcript.generated] == [
        (1, (5,), "fingerprint"),
        (3, (), None),
        (5, (7,), "fingerprint"),
    ]
    found = await sessions.find_by_history(ALPHA, ["h1", "h2"])
    assert found is not None
    assert (found.turn_id, found.is_head) == ("turn_2", False)


async def test_a_turn_without_traces_leaves_the_tokens_as_they_were(
    sessions: SessionStore,
) -> None:
    first = turn(ALPHA, ONE, user("a"), tokens=(5,))
    one = await sessions.commit_turn(traced(first, 0, (1, 2)))
    other = await sessions.commit_turn(elsewhere(turn(ALPHA, ONE, user("b"), num_kept=2)))

    assert (other.num_turns, other.num_messages, other.model) == (2, 4, "far/large")
    assert one.num_tokens == other.num_tokens
    assert (await sessions.load_transcript(ALPHA, ONE)).sequence == (1, 2, 5)
    assert await sessions.load_sequences(ALPHA, ONE) == [(1, 2, 5)]


async def test_a_session_may_begin_without_traces(sessions: SessionStore) -> None:
    record = await sessions.commit_turn(elsewhere(turn(ALPHA, ONE, user("a"))))

    transcript = await sessions.load_transcript(ALPHA, ONE)
    assert (record.num_turns, record.num_tokens) == (1, 0)
    assert transcript.sequence == ()


async def test_a_turn_without_traces_is_told_again(
    sessions: SessionStore, database: Database
) -> None:
    await take_three_turns(sessions)

    found = await AnsweredTurnStore(database).find(ALPHA, TurnId("turn_2"))

    assert found is not None
    assert (found.model, found.model_fingerprint) == ("far/large", None)
    assert (found.new_messages, found.answer) == ((user("b"),), assistant("answer"))


async def test_a_copy_has_the_traces_that_there_are(
    sessions: SessionStore, database: Database
) -> None:
    await take_three_turns(sessions)
    copies = SessionCopies(database)

    whole = await copies.load(ALPHA, ONE)
    await copies.save(ALPHA, SessionId("two"), whole, is_twin=True)

    assert [turn.traces is None for turn in whole.turns] == [False, True, False]
    assert whole.sequence == (1, 2, 5, 6, 6, 7)
    assert whole.up_to(2).sequence == (1, 2, 5)
    copy = await sessions.load_transcript(ALPHA, SessionId("two"))
    assert copy.sequence == (1, 2, 5, 6, 6, 7)
    assert [said.model for said in copy.generated] == ["fingerprint", None, "fingerprint"]


async def test_a_turn_built_on_what_is_not_there_any_more_is_refused(
    sessions: SessionStore,
) -> None:
    first = turn(ALPHA, ONE, user("a"), head_hash="h1", turn_id="turn_1")
    first = replace(first, built_on=Head(None))
    await sessions.commit_turn(first)
    late = turn(ALPHA, ONE, user("b"), num_kept=2, head_hash="h2")

    for stale in (None, "h0"):
        with pytest.raises(ConversationMoved):
            await sessions.commit_turn(replace(late, built_on=Head(stale)))

    assert len((await sessions.load_transcript(ALPHA, ONE)).messages) == 2
    await sessions.commit_turn(replace(late, built_on=Head("h1")))
    again = await sessions.commit_turn(first)
    assert again.num_turns == 2


async def test_a_row_has_all_traces_or_none(sessions: SessionStore, url: str) -> None:
    await sessions.commit_turn(turn(ALPHA, ONE, user("a")))

    with psycopg.connect(url) as owner, pytest.raises(psycopg.errors.CheckViolation):
        owner.execute("UPDATE agent_memory.turns SET tokens = NULL")


OLD_ROWS = """
    INSERT INTO agent_memory.workspaces (workspace_id) VALUES ('old');
    INSERT INTO agent_memory.sessions
        (workspace_id, session_id, model, head_hash, num_turns, num_messages, num_tokens)
    VALUES ('old', 'one', 'tiny', 'h1', 1, 2, 4);
    INSERT INTO agent_memory.turns (
        workspace_id, turn_id, session_id, request_id, model, model_fingerprint, position, tokens,
        generation_suffix, finish_reason, prompt_tokens, cached_tokens, cached_from_shelf,
        completion_tokens, head_hash, num_tokens, started_at, ordinal, num_shared, read_tokens
    ) VALUES (
        'old', 'turn_1', 'one', 'r', 'tiny', 'fingerprint', 1, '\\x05000000',
        '<assistant>', 'stop', 2, 0, 0, 1, 'h1', 4, now(), 0, 0, '\\x0100000002000000'
    );
    INSERT INTO agent_memory.messages
        (workspace_id, session_id, turn_id, position, role, parts)
    VALUES
        ('old', 'one', 'turn_1', 0, 'user', '[{"type": "text", "text": "a"}]'),
        ('old', 'one', 'turn_1', 1, 'assistant', '[{"type": "text", "text": "answer"}]');
"""
"""A session of one turn, as the version before wrote it."""

OLD = WorkspaceId("old")


@pytest.fixture
def old_url(server: EmbeddedPostgres) -> Iterator[str]:
    """A database that the version before made and filled, opened by this one."""
    with fresh_database(server.url) as url:
        migrate(url, [one for one in read_migrations() if one.name < MIGRATION])
        with psycopg.connect(url) as connection:
            connection.execute(OLD_ROWS.encode())
        assert MIGRATION in migrate(url)
        yield url


@pytest.fixture
async def old_database(old_url: str) -> AsyncIterator[Database]:
    database = Database(old_url, max_size=2)
    yield database
    await database.close()


async def test_a_session_from_before_goes_on_under_either_provider(old_database: Database) -> None:
    sessions = SessionStore(old_database)
    before = await sessions.load_transcript(OLD, ONE)
    assert before.messages == (user("a"), assistant("answer"))
    assert before.sequence == (1, 2, 5)
    [said] = before.generated
    assert (said.tokens, said.generation_suffix, said.model) == ((5,), "<assistant>", "fingerprint")

    second = turn(OLD, ONE, user("b"), num_kept=2, head_hash="h2")
    await sessions.commit_turn(replace(elsewhere(second), built_on=Head("h1")))
    third = turn(OLD, ONE, user("c"), num_kept=4, head_hash="h3", tokens=(7,))
    await sessions.commit_turn(replace(traced(third, 3, (6,)), built_on=Head("h2")))

    after = await sessions.load_transcript(OLD, ONE)
    assert len(after.messages) == 6
    assert after.sequence == (1, 2, 5, 6, 7)
    assert (after.session.num_turns, after.session.head_hash) == (3, "h3")
