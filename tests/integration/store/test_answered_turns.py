from dataclasses import replace

import pytest

from agent_memory.errors import InvalidRequest
from agent_memory.ids import TurnId
from agent_memory.store.answered_turns import AnsweredTurnStore
from agent_memory.store.database import Database
from agent_memory.store.sessions import SessionStore
from agent_memory.turns.events import FinishReason
from tests.integration.store.conftest import ALPHA, BETA
from tests.integration.store.examples import assistant, turn, user

KNOWN = TurnId("known")


@pytest.fixture
def answered(database: Database) -> AnsweredTurnStore:
    return AnsweredTurnStore(database)


async def test_a_turn_is_found_by_its_id(
    sessions: SessionStore, answered: AnsweredTurnStore
) -> None:
    await sessions.commit_turn(turn(ALPHA, "one", user("a"), turn_id="before"))
    said = turn(
        ALPHA, "one", user("b"), user("c"), num_kept=2, answer=assistant("d"), turn_id=KNOWN
    )
    await sessions.commit_turn(said)

    found = await answered.find(ALPHA, KNOWN)

    assert found is not None
    assert (found.turn_id, found.session_id) == (KNOWN, "one")
    assert (found.model, found.model_fingerprint) == ("tiny", "fingerprint")
    assert found.new_messages == (user("b"), user("c"))
    assert found.answer == assistant("d")
    assert found.finish_reason is FinishReason.STOP
    assert found.usage == said.usage


async def test_what_a_surface_keeps_is_found_with_the_turn(
    sessions: SessionStore, answered: AnsweredTurnStore
) -> None:
    kept = '{"metadata":{"topic":"nul \\u0000, é, \\ud83d\\ude00"}}'
    shape = '{"tools":"0f"}'
    said = replace(turn(ALPHA, "one", user("a"), turn_id=KNOWN), kept=kept, shape=shape)
    await sessions.commit_turn(said)

    found = await answered.find(ALPHA, KNOWN)

    assert found is not None
    assert (found.kept, found.shape) == (kept, shape)
    assert found.committed_at > said.started_at


async def test_a_turn_that_the_conversation_left_behind_is_found(
    sessions: SessionStore, answered: AnsweredTurnStore
) -> None:
    await sessions.commit_turn(turn(ALPHA, "one", user("a"), turn_id=KNOWN))
    await sessions.commit_turn(turn(ALPHA, "one", user("instead")))

    found = await answered.find(ALPHA, KNOWN)

    assert found is not None
    assert found.new_messages == (user("a"),)


async def test_a_turn_is_of_one_workspace_and_goes_with_its_session(
    sessions: SessionStore, answered: AnsweredTurnStore
) -> None:
    committed = await sessions.commit_turn(turn(ALPHA, "one", user("a"), turn_id=KNOWN))

    assert await answered.find(BETA, KNOWN) is None
    await sessions.delete_session(ALPHA, committed.session_id)
    assert await answered.find(ALPHA, KNOWN) is None


async def test_an_id_that_may_not_be_is_refused(answered: AnsweredTurnStore) -> None:
    with pytest.raises(InvalidRequest):
        await answered.find(ALPHA, TurnId("a b"))
