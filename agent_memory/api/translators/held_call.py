"""A call on its way to a client that would run whatever it has of it."""

from collections.abc import Sequence

import orjson

from agent_memory.prompts.calls import is_json_object
from agent_memory.turns.events import FinishReason, ToolCallStarted


class HeldCall:
    """Pieces of a call's arguments, until it can be told whether it is one.

    Official clients of Anthropic make an object of whatever JSON has come: a call that was cut off
    would be another call. So none of it is told before all of it is there.
    """

    def __init__(self, call: ToolCallStarted) -> None:
        self.id, self.name = call.id, call.name
        self.pieces: list[str] = []

    def input_pieces(self, reason: FinishReason | None) -> Sequence[str]:
        """The JSON of its input, in pieces; none if it was cut off. `reason`: why the answer ended
        with it, None if it went on."""
        return input_pieces(self.name, self.pieces, reason)


def input_pieces(name: str, pieces: Sequence[str], reason: FinishReason | None) -> Sequence[str]:
    """As `HeldCall.input_pieces`. Arguments that the model itself wrote wrongly are passed on under
    a name that says so."""
    arguments = "".join(pieces)
    if is_json_object(arguments):
        return pieces
    is_cut = reason not in {None, FinishReason.TOOL_CALLS}
    if not name or is_cut:
        return ()
    return (orjson.dumps({"INVALID_JSON": arguments}).decode(),)
