"""Where a turn is taken: the session, and what is known of its way there."""

from dataclasses import dataclass

from agent_memory.ids import SessionId, TurnId


@dataclass(frozen=True, slots=True)
class Branch:
    """Where a conversation leaves another session's: after this turn of it.

    is_needed: the request does not say what was said up to there.
    """

    session_id: SessionId
    turn_id: TurnId
    is_needed: bool = False


@dataclass(frozen=True, slots=True)
class Placement:
    """The session that takes a turn.

    expected_head: when the session was found by its history, the head hash it had then; the turn is
        refused with `ConversationMoved` if it has got further since.
    branch: the turn of another session after which this one begins, if it is not stored yet.
    delivered_tokens: generated tokens that the client has already received from a session process
        that died (choice 0); the turn goes on after them. delivered_by: fingerprint of the model
        whose tokens they are.
    """

    session_id: SessionId
    expected_head: str | None = None
    branch: Branch | None = None
    delivered_tokens: tuple[int, ...] = ()
    delivered_by: str = ""
