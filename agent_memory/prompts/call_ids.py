"""Ids of the calls to which the model gives none."""

from hashlib import sha256

from agent_memory.ids import new_id

_NUM_DIGITS = 24


def fresh_call_id() -> str:
    """An id that no other call has."""
    return new_id("call")


class CallIds:
    """The ids of one choice, one after the other.

    The same origin gives the same ids, so that an answer that goes on in another process keeps
    those that its client has been told.
    """

    def __init__(self, origin: str, choice: int) -> None:
        self._origin = f"{origin}/{choice}"
        self._num_given = 0

    def __call__(self) -> str:
        """The next one: `call_` and 24 hex digits."""
        named = f"{self._origin}/{self._num_given}"
        self._num_given += 1
        return f"call_{sha256(named.encode()).hexdigest()[:_NUM_DIGITS]}"
