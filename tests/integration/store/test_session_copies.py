import pytest

from agent_memory.errors import Conflict, NotFound
from agent_memory.ids import SessionId
from agent_memory.store.database import Database
from agent_memory.store.session_copies import SessionCopies
from agent_memory.store.sessions import SessionStore
from tests.integration.store.conftest import ALPHA, BETA
from tests.integration.store.examples import assistant, traced, turn, user

ONE, TWO = SessionId("one"), SessionId("two")


@pytest.fixture
def copies(database: Database) -> SessionCopies:
    return SessionCopies(database)


async def take_two_turns(sessions: SessionStore) -> None:
    await sessions.commit_turn(turn(ALPHA, ONE, user("first"), head_hash="h1", tokens=(5, 6)))
    second = turn(ALPHA, ONE, user("second \x00"), num_kept=2, head_hash="h2", tokens=(7,))
    await sessions.commit_turn(second)


async def test_a_copy_says_what_the_session_said(
    sessions: SessionStore, copies: SessionCopies
) -> None:
    await take_two_turns(sessions)

    record = await copies.save(ALPHA, TWO, await copies.load(ALPHA, ONE), is_twin=True)

    original = await sessions.load_transcript(ALPHA, ONE)
    copy = await sessions.load_transcript(ALPHA, TWO)
    assert copy.messages == original.messages
    assert [g.tokens for g in copy.generated] == [(5, 6), (7,)]
    assert {g.turn_id for g in copy.generated}.isdisjoint(g.turn_id for g in original.generated)
    assert (record.num_turns, record.num_messages, record.title) == (2, 4, "first")
    assert record.num_tokens == original.session.num_tokens


async def test_a_copy_can_end_at_an_earlier_turn(
    sessions: SessionStore, copies: SessionCopies
) -> None:
    await take_two_turns(sessions)

    await copies.save(ALPHA, TWO, (await copies.load(ALPHA, ONE)).up_to(1), is_twin=True)

    copy = await sessions.load_transcript(ALPHA, TWO)
    assert copy.messages == (user("first"), assistant("answer"))
    assert [g.tokens for g in copy.generated] == [(5, 6)]


async def test_a_twin_is_not_found_by_the_history_it_shares(
    sessions: SessionStore, copies: SessionCopies
) -> None:
    await take_two_turns(sessions)
    await copies.save(ALPHA, TWO, await copies.load(ALPHA, ONE), is_twin=True)

    found = await sessions.find_by_history(ALPHA, ["h2"])

    assert found is not None
    assert found.session_id == ONE


async def test_a_session_that_came_from_elsewhere_is_found_by_its_history(
    sessions: SessionStore, copies: SessionCopies
) -> None:
    await take_two_turns(sessions)
    await copies.save(BETA, TWO, await copies.load(ALPHA, ONE), is_twin=False)

    found = await sessions.find_by_history(BETA, ["h2"])

    assert found is not None
    assert found.session_id == TWO


async def test_what_a_copy_goes_on_with_leaves_the_original_alone(
    sessions: SessionStore, copies: SessionCopies
) -> None:
    await take_two_turns(sessions)
    await copies.save(ALPHA, TWO, await copies.load(ALPHA, ONE), is_twin=True)
    before = await sessions.load_transcript(ALPHA, ONE)

    await sessions.commit_turn(turn(ALPHA, TWO, user("third"), num_kept=4, head_hash="h3"))

    assert await sessions.load_transcript(ALPHA, ONE) == before
    assert len((await sessions.load_transcript(ALPHA, TWO)).messages) == 6


async def test_a_copy_takes_no_id_that_is_in_use_and_leaves_nothing_behind(
    sessions: SessionStore, copies: SessionCopies
) -> None:
    await take_two_turns(sessions)

    with pytest.raises(Conflict, match="'one'"):
        await copies.save(ALPHA, ONE, await copies.load(ALPHA, ONE), is_twin=True)

    assert len((await sessions.load_transcript(ALPHA, ONE)).messages) == 4


async def test_a_session_of_another_workspace_cannot_be_copied(
    sessions: SessionStore, copies: SessionCopies
) -> None:
    await take_two_turns(sessions)

    with pytest.raises(NotFound):
        await copies.load(BETA, ONE)


async def test_a_copy_knows_the_tokens_of_its_turns_whatever_was_superseded_between(
    sessions: SessionStore, copies: SessionCopies
) -> None:
    first = turn(ALPHA, ONE, user("first"), tokens=(5,), head_hash="h1")
    await sessions.commit_turn(traced(first, 0, (1, 2)))
    wrong = turn(ALPHA, ONE, user("wrong"), num_kept=2, tokens=(9,), head_hash="h2")
    await sessions.commit_turn(traced(wrong, 3, (8,)))
    right = turn(ALPHA, ONE, user("right"), num_kept=2, tokens=(7,), head_hash="h3")
    await sessions.commit_turn(traced(right, 3, (6,)))

    session = await copies.load(ALPHA, ONE)
    await copies.save(ALPHA, TWO, session, is_twin=True)

    assert (await sessions.load_transcript(ALPHA, ONE)).sequence == (1, 2, 5, 6, 7)
    assert (await sessions.load_transcript(ALPHA, TWO)).sequence == (1, 2, 5, 6, 7)
    assert session.up_to(1).sequence == (1, 2, 5)
