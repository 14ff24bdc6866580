"""Sessions read and written whole, within a transaction."""

from collections.abc import Sequence
from dataclasses import replace

from agent_memory.errors import InvariantBroken, NotFound
from agent_memory.ids import SessionId, TurnId, WorkspaceId, new_id
from agent_memory.store.message_codec import decode_message, encode_parts
from agent_memory.store.transaction import Transaction
from agent_memory.store.transcript_rows import MessageRow
from agent_memory.store.turn_rows import PortableTurnRow, SequenceRow, portable_turn, turn_values
from agent_memory.turns.portable import PortableSession, PortableTurn
from agent_memory.turns.sequence import SequenceStep, TokenIds
from agent_memory.turns.transcript import SessionRecord


async def read_copy(transaction: Transaction, session_id: SessionId) -> PortableSession:
    """The session as it stands. Raises `NotFound`."""
    record = await transaction.fetch_one("get_session", SessionRecord, session_id=session_id)
    messages = await transaction.fetch_all("list_messages", MessageRow, session_id=session_id)
    turns = await transaction.fetch_all(
        "list_portable_turns", PortableTurnRow, session_id=session_id
    )
    steps = await transaction.fetch_all("list_sequence_steps", SequenceRow, session_id=session_id)
    if record is None:
        raise NotFound("session", session_id)
    return _portable(record, messages, turns, steps)


async def read_copy_after(
    transaction: Transaction, session_id: SessionId, turn_id: TurnId
) -> PortableSession:
    """The session as it stood after that turn, whatever was superseded since. Raises `NotFound`."""
    place = {"session_id": session_id, "turn_id": turn_id}
    record = await transaction.fetch_one("get_session", SessionRecord, session_id=session_id)
    messages = await transaction.fetch_all("list_messages_after_turn", MessageRow, **place)
    turns = await transaction.fetch_all("list_turns_after_turn", PortableTurnRow, **place)
    steps = await transaction.fetch_all("list_sequence_steps", SequenceRow, session_id=session_id)
    if record is None or not turns:
        raise NotFound("turn", turn_id)
    return _portable(replace(record, model=turns[-1].model), messages, turns, steps)


def _portable(
    record: SessionRecord,
    messages: Sequence[MessageRow],
    turns: Sequence[PortableTurnRow],
    steps: Sequence[SequenceRow],
) -> PortableSession:
    return PortableSession(
        session_id=record.session_id,
        model=record.model,
        title=record.title,
        messages=tuple(decode_message(row.role, row.parts) for row in messages),
        turns=_with_sequences(tuple(map(portable_turn, turns)), steps),
    )


async def write_copy(
    transaction: Transaction,
    workspace_id: WorkspaceId,
    session_id: SessionId,
    session: PortableSession,
    head_hash: str | None = None,
) -> SessionRecord:
    """Fill a session that is empty with this content; its turns get ids of their own. It is found
    by its history if that has a `head_hash`."""
    num_written = 0
    for ordinal, turn in enumerate(session.turns):
        copy = replace(turn, turn_id=TurnId(new_id("turn")))
        messages = session.messages[num_written : turn.position + 1]
        await transaction.run(
            "append_messages",
            workspace_id=workspace_id,
            session_id=session_id,
            turn_id=copy.turn_id,
            num_kept=num_written,
            roles=[message.role.value for message in messages],
            parts=[encode_parts(message) for message in messages],
        )
        await transaction.run("insert_turn", **turn_values(workspace_id, session_id, copy, ordinal))
        num_written = turn.position + 1
    filled = await transaction.fetch_one(
        "set_head",
        SessionRecord,
        session_id=session_id,
        head_hash=head_hash,
        num_turns=len(session.turns),
        num_messages=len(session.messages),
        num_tokens=session.num_tokens,
        title=session.title,
    )
    if filled is None:
        raise InvariantBroken(f"The session '{session_id}' vanished as it was written.")
    return filled


def _with_sequences(
    turns: Sequence[PortableTurn], rows: Sequence[SequenceRow]
) -> tuple[PortableTurn, ...]:
    """The turns, each that left traces with its step from the one of these before it that did: in
    the rows superseded ones stand in between."""
    traces = {turn.turn_id: turn.traces for turn in turns if turn.traces is not None}
    before: TokenIds = ()
    sequence: TokenIds = ()
    for row in rows:
        sequence = row.step.after(sequence)
        if (left := traces.get(row.turn_id)) is not None:
            prompt = sequence[: len(sequence) - len(left.tokens)]
            step = SequenceStep.between(before, prompt, left.tokens)
            traces[row.turn_id] = replace(left, num_shared=step.num_shared, read_tokens=step.read)
            before = sequence
    return tuple(replace(turn, traces=traces.get(turn.turn_id)) for turn in turns)
