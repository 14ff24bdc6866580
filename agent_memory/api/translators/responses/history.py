"""The history that a request of the Responses API continues."""

from dataclasses import dataclass

from agent_memory.api.schemas.responses import InputTokensBody
from agent_memory.ids import SessionId, TurnId
from agent_memory.turns.messages import Message, Role


@dataclass(frozen=True, slots=True)
class History:
    """turn: the one after which the request comes; None where a conversation is new.
    session: of the conversation that the request belongs to.
    messages: all that was said up to there without the instructions, where these have changed;
        they are not carried over. None where the conversation simply goes on.
    added: what was added to the conversation since.
    """

    turn: TurnId | None = None
    session: SessionId | None = None
    messages: tuple[Message, ...] | None = None
    added: tuple[Message, ...] = ()

    @property
    def is_simple(self) -> bool:
        """New items follow the stored ones."""
        return self.messages is None and (self.turn is not None or self.session is not None)


def has_same_instructions(before: str | None, body: InputTokensBody) -> bool:
    """Whether the conversation may go on as it stands."""
    return before == (body.instructions or None)


def begins_with(messages: tuple[Message, ...], instructions: str | None) -> bool:
    """Whether another surface has given the model these instructions already."""
    first = messages[0] if messages else None
    return first is not None and first.role is Role.SYSTEM and first.text == instructions


def without_instructions(
    messages: tuple[Message, ...], instructions: str | None
) -> tuple[Message, ...]:
    """What was said, without the instructions that it began with."""
    if instructions and messages and messages[0].role is Role.SYSTEM:
        return messages[1:]
    return messages
