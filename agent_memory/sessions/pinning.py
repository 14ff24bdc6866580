"""Which part of a prompt its client wants to be kept for a while."""

from collections.abc import Sequence

from agent_memory.cache.terms import Pin
from agent_memory.engine.info import EngineInfo
from agent_memory.sessions.conversation import Continuation
from agent_memory.sessions.ports import Engine
from agent_memory.sessions.prompting import Prompt, render_prompt
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.sequence import num_common
from agent_memory.turns.transcript import GeneratedTurn


async def find_pins(
    engine: Engine,
    request: TurnRequest,
    continuation: Continuation,
    generated: Sequence[GeneratedTurn],
    prompt: Prompt,
    info: EngineInfo,
) -> tuple[Pin, ...]:
    """The client's pins in tokens of the prompt. Each costs a rendering."""
    pins: list[Pin] = []
    for pin in request.pins:
        messages = continuation.messages[: pin.num_messages]
        beginning = await render_prompt(engine, request, messages, generated, info)
        pins.append(Pin(num_common(beginning.tokens, prompt.tokens), pin.seconds))
    return tuple(pins)
