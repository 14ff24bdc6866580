"""The writing of one finished turn."""

from agent_memory.errors import Conflict, ConversationMoved, InvariantBroken
from agent_memory.json_value import Json
from agent_memory.store.copied_sessions import write_copy
from agent_memory.store.jobs import enqueue_job
from agent_memory.store.message_codec import encode_parts
from agent_memory.store.safe_text import strip_unsafe
from agent_memory.store.transaction import Transaction
from agent_memory.store.turn_rows import turn_values
from agent_memory.turns.messages import Role
from agent_memory.turns.transcript import SessionRecord, TurnCommit
from agent_memory.work.job import JobKind, NewJob

MAX_TITLE_LENGTH = 80


async def write_turn(transaction: Transaction, turn: TurnCommit) -> SessionRecord:
    """Write `turn` unless it is written already. Turns of one session wait for each other."""
    held = await _lock_session(transaction, turn)
    if await _is_written(transaction, turn):
        return held
    if turn.built_on is not None and turn.built_on.digest != held.head_hash:
        raise ConversationMoved("The conversation went on in the meantime.")
    if turn.inherited is not None and held.num_messages == 0:
        held = await write_copy(transaction, turn.workspace_id, turn.session_id, turn.inherited)
    if turn.num_kept > held.num_messages:
        raise Conflict(
            f"The turn keeps {turn.num_kept} messages of session '{turn.session_id}', "
            f"which has {held.num_messages}."
        )
    if turn.num_kept < held.num_messages:
        await transaction.run(
            "supersede_messages", session_id=turn.session_id, num_kept=turn.num_kept
        )
    await _append_messages(transaction, turn)
    await _insert_turn(transaction, turn, held.num_turns)
    await _remember_later(transaction, turn)
    return await _advance_session(transaction, turn)


async def _lock_session(transaction: Transaction, turn: TurnCommit) -> SessionRecord:
    await transaction.run(
        "create_session",
        workspace_id=turn.workspace_id,
        session_id=turn.session_id,
        model=turn.model,
    )
    held = await transaction.fetch_one("lock_session", SessionRecord, session_id=turn.session_id)
    if held is None:
        raise Conflict(f"The session '{turn.session_id}' was deleted in the meantime.")
    return held


async def _is_written(transaction: Transaction, turn: TurnCommit) -> bool:
    session_id = await transaction.fetch_value("find_turn", turn_id=turn.turn_id)
    if session_id not in {None, turn.session_id}:
        raise Conflict(f"The turn '{turn.turn_id}' belongs to another session.")
    return session_id is not None


async def _append_messages(transaction: Transaction, turn: TurnCommit) -> None:
    messages = (*turn.new_messages, turn.answer)
    await transaction.run(
        "append_messages",
        workspace_id=turn.workspace_id,
        session_id=turn.session_id,
        turn_id=turn.turn_id,
        num_kept=turn.num_kept,
        roles=[message.role.value for message in messages],
        parts=[encode_parts(message) for message in messages],
    )


async def _insert_turn(transaction: Transaction, turn: TurnCommit, ordinal: int) -> None:
    values = turn_values(
        turn.workspace_id, turn.session_id, turn.turn, ordinal, turn.kept, turn.shape
    )
    await transaction.run("insert_turn", **values)


async def _remember_later(transaction: Transaction, turn: TurnCommit) -> None:
    """The exchange is remembered by a job that is there exactly if the turn is."""
    if turn.remember_in is not None:
        args: dict[str, Json] = {
            "session_id": turn.session_id,
            "turn_id": turn.turn_id,
            "thread_id": turn.remember_in,
        }
        await enqueue_job(transaction, NewJob(JobKind.REMEMBER_EXCHANGE, args))


async def _advance_session(transaction: Transaction, turn: TurnCommit) -> SessionRecord:
    advanced = await transaction.fetch_one(
        "advance_session",
        SessionRecord,
        session_id=turn.session_id,
        model=turn.model,
        head_hash=turn.head_hash,
        num_messages=turn.turn.position + 1,
        num_tokens=None if turn.traces is None else turn.traces.num_tokens,
        title=_title(turn),
    )
    if advanced is None:
        raise InvariantBroken(f"The session '{turn.session_id}' vanished under its lock.")
    return advanced


def _title(turn: TurnCommit) -> str | None:
    """The beginning of the user's first message that says something, on one line."""
    for message in turn.new_messages:
        words = " ".join(strip_unsafe(message.text).split())
        if message.role is Role.USER and words:
            return words[:MAX_TITLE_LENGTH]
    return None
