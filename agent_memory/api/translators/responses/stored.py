"""Committed turns as responses, whichever surface they came through."""

from collections.abc import Mapping, Sequence

from agent_memory.api.translators.responses.history import without_instructions
from agent_memory.api.translators.responses.kept import Kept
from agent_memory.api.translators.responses.output_items import (
    Item,
    ItemWriter,
    custom_calls,
    input_items,
)
from agent_memory.api.translators.responses.response_object import (
    ResponseHead,
    final_status,
    response_usage,
)
from agent_memory.ids import TurnId
from agent_memory.turns.answered import AnsweredTurn
from agent_memory.turns.events import FinishReason
from agent_memory.turns.messages import Message
from agent_memory.turns.names import bare_id, response_id
from agent_memory.turns.transcript import Transcript


def stored_response(turn: AnsweredTurn, writer: ItemWriter | None = None) -> Mapping[str, object]:
    """The response that the turn is."""
    kept = Kept.read(turn.kept)
    writer = writer or ItemWriter(kept.toolset.words)
    ended_at = int(turn.committed_at.timestamp())
    fields = kept.fields if kept.is_of_response else {**kept.fields, "created_at": ended_at}
    status = final_status(turn.finish_reason)
    return ResponseHead(response_id(turn.turn_id), turn.model, fields).response(
        status,
        writer.of_parts(turn.turn_id, turn.answer.parts, turn.finish_reason),
        response_usage(turn.usage, 0),
        completed_at=ended_at if status == "completed" else None,
    )


def stored_input(turn: AnsweredTurn, read: Sequence[Message]) -> list[Item]:
    """The items of its request, in their order. read: the conversation as the turn left it."""
    kept = Kept.read(turn.kept)
    num_input = len(turn.new_messages) if kept.num_input is None else kept.num_input
    last = len(read) - 1
    return _input(turn.turn_id, read, range(max(0, last - num_input), last), kept)


def conversation_items(
    transcript: Transcript, last: AnsweredTurn | None, added: Sequence[Message]
) -> list[Item]:
    """All that was said in a session, without the instructions of its last turn, and what was
    added since."""
    kept = Kept.read(last.kept if last else None)
    writer = ItemWriter(kept.toolset.words)
    messages = transcript.messages
    items: list[Item] = []
    begin = len(messages) - len(without_instructions(messages, kept.instructions))
    for turn in transcript.generated:
        items += _input(turn.turn_id, messages, range(begin, turn.position), kept)
        items += writer.of_parts(turn.turn_id, turn.message.parts, FinishReason.STOP)
        begin = turn.position + 1
    customs = custom_calls(messages, writer.words)
    for at, message in enumerate(added):
        items += input_items(message, f"{transcript.session.session_id}_{at}", writer, customs)
    return items


def _input(turn: TurnId, messages: Sequence[Message], places: range, kept: Kept) -> list[Item]:
    writer = ItemWriter(kept.toolset.words)
    customs = custom_calls(messages, writer.words)
    return [
        item
        for at in places
        for item in input_items(messages[at], f"{bare_id(turn)}_in_{at}", writer, customs)
    ]
