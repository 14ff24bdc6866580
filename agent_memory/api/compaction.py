"""A conversation made shorter: what the user said, and a summary that only this server can open."""

from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from agent_memory.api.answer import Answer, AnswerFold, texts
from agent_memory.api.call import Call
from agent_memory.api.metered_turn import MeteredTurn
from agent_memory.api.schemas.responses import CompactBody
from agent_memory.api.translators.responses.output_items import Item, input_items, plain_writer
from agent_memory.api.translators.responses.request import Reading, read_prompt
from agent_memory.api.translators.responses.response_object import response_usage
from agent_memory.api.translators.service_tier import priority_of
from agent_memory.ids import TurnId
from agent_memory.turns.messages import Message, Role, Text, ToolChoice, ToolMode
from agent_memory.turns.names import bare_id, response_id
from agent_memory.turns.sampling import SamplingParams

MAX_SUMMARY_TOKENS = 1024
_ASK = Message(
    Role.USER,
    (
        Text(
            "Summarise the conversation so far for someone who has to go on with it: the task, "
            "what was decided and done, what was tried and failed, the names of files and other "
            "things that matter, and what is left to do. Write the summary alone."
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Compaction:
    """A conversation and the answer that sums it up."""

    turn_id: TurnId
    said: Sequence[Message]
    answer: Answer

    def items(self, call: Call) -> Iterator[Item]:
        """The user's messages, then the summary, sealed for the workspace."""
        writer = plain_writer()
        for at, message in enumerate(self.said):
            if message.role is Role.USER:
                id_ = f"{bare_id(self.turn_id)}_in_{at}"
                yield from input_items(message, id_, writer, frozenset())
        summary = texts(self.answer.choices[0].parts).strip()
        yield {
            "id": f"cmp_{bare_id(self.turn_id)}",
            "type": "compaction",
            "encrypted_content": call.surface.runtime.seal.seal(call.workspace, summary),
        }


async def compacted(call: Call, body: CompactBody, reading: Reading) -> dict[str, object]:
    """The response of `POST /v1/responses/compact`. Nothing of it is stored."""
    turn = read_prompt(body, reading, closing=_ASK).turn
    turn = replace(
        turn,
        sampling=SamplingParams(max_tokens=MAX_SUMMARY_TOKENS),
        form=replace(turn.form, tool_choice=ToolChoice(ToolMode.NONE)),
        priority=priority_of(body.service_tier),
        is_stored=False,
        is_fading=True,
        memory=None,
    )
    fold = AnswerFold()
    metered = MeteredTurn(call, await call.as_sent(turn), "responses")
    await metered.admit()
    async with aclosing(metered.events()) as events:
        async for event in events:
            fold.add(event)
    answer = fold.answer()
    before = await _before(call, reading) if turn.is_delta else ()
    compaction = Compaction(turn.turn_id, (*before, *turn.messages[:-1]), answer)
    return {
        "id": response_id(turn.turn_id),
        "object": "response.compaction",
        "created_at": reading.created_at,
        "output": list(compaction.items(call)),
        "usage": response_usage(answer.usage, answer.num_thinking_tokens),
    }


async def _before(call: Call, reading: Reading) -> Sequence[Message]:
    turn = reading.history.turn
    if turn is None:
        return ()
    return await call.surface.runtime.named_turns.messages_after(call.workspace, turn)
