"""An answer that the client has begun: the model goes on from there."""

from dataclasses import replace

from agent_memory.errors import InvalidRequest
from agent_memory.turns.messages import Role, Text, ToolMode
from agent_memory.turns.request import TurnRequest


def continuing_last(turn: TurnRequest) -> TurnRequest:
    """The turn; where its last message is the assistant's, its answer goes on from the text of
    that. Raises `InvalidRequest` where the text and the demanded form exclude each other."""
    last = turn.messages[-1] if turn.messages else None
    if last is None or last.role is not Role.ASSISTANT or not last.text:
        return turn
    if not all(isinstance(part, Text) for part in last.parts):
        raise _refused("only text can be continued, no thinking and no calls of tools")
    form = turn.form
    if (
        form.json_schema is not None
        or form.has_text_form
        or form.tool_choice.mode in {ToolMode.REQUIRED, ToolMode.NAMED}
    ):
        raise _refused("an answer of a demanded form is written from its beginning")
    if form.thinking:
        raise _refused("a model that is to think does so before the answer")
    return replace(
        turn,
        messages=turn.messages[:-1],
        form=replace(form, thinking=False),
        prefill=last.text,
        cache_marks=tuple(min(mark, len(turn.messages) - 1) for mark in turn.cache_marks),
    )


def _refused(reason: str) -> InvalidRequest:
    return InvalidRequest(
        f"The last message must not be the assistant's here: {reason}.", "messages"
    )
