"""Why not more of a prompt was cached, in terms of the conversation."""

import logging
from collections.abc import Sequence

from agent_memory.cache.lease import Lease
from agent_memory.cache.miss import MissKind
from agent_memory.engine.info import EngineInfo
from agent_memory.sessions.answering import OpenTurn
from agent_memory.sessions.conversation import Conversation
from agent_memory.sessions.divergence import find_divergence
from agent_memory.sessions.ports import Engine
from agent_memory.sessions.prompting import Prompt, render_prompt
from agent_memory.turns.messages import Message
from agent_memory.turns.sequence import TokenIds

log = logging.getLogger(__name__)

LOST = frozenset({MissKind.EVICTED, MissKind.BAD_FILE, MissKind.ENGINE_LOST})
"""Of such a miss, the conversation is not the first reason."""


async def explain_miss(
    engine: Engine,
    turn: OpenTurn,
    prompt: Prompt,
    lease: Lease,
    info: EngineInfo,
    num_preemptions: int,
) -> str | None:
    """Why not more of the prompt was cached; told in terms of the conversation when it is the
    conversation that has changed."""
    before = turn.conversation
    if (rebuilt := _why_rebuilt(before, info)) is not None:
        log.info(rebuilt, extra={"session": turn.request.placed.session_id})
        return rebuilt

    async def render(messages: Sequence[Message]) -> TokenIds:
        rendered = await render_prompt(engine, turn.request, messages, before.generated, info)
        return rendered.tokens

    if lease.miss_kind in LOST or turn.request.raw_prompt is not None:
        return lease.miss_reason
    if num_preemptions:
        return None  # Told of the first attempt, which is what the client saw.
    found = await find_divergence(
        before.sequence,
        prompt.tokens,
        lease.num_cached_tokens,
        before.messages,
        turn.continuation.messages,
        render,
    )
    if found is None:
        return lease.miss_reason
    log.info("prompt has changed", extra={"token": found.at, "segment": found.segment})
    return str(found)


def _why_rebuilt(before: Conversation, info: EngineInfo) -> str | None:
    """The reason when the last turn was another model's: nothing that it read or said is cached for
    this one, only the tokens that this one has read itself."""
    last = before.generated[-1] if before.generated else None
    if last is None or last.model == info.fingerprint:
        return None
    was = "of other weights" if before.model == info.model else f"'{before.model}'"
    return f"rebuilt under another model: '{info.model}' answers, the last turn was {was}"
