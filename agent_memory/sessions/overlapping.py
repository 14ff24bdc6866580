"""Compares the prompt of a turn with what an earlier turn has left."""

from agent_memory.cache.lease import Lease
from agent_memory.engine.info import EngineInfo
from agent_memory.prompts.identity import common_prefix
from agent_memory.sessions.missing import LOST
from agent_memory.turns.messages import Message
from agent_memory.turns.overlap import Overlap
from agent_memory.turns.portable import PortableSession
from agent_memory.turns.sequence import TokenIds, num_common


def overlap_of(
    before: PortableSession,
    messages: tuple[Message, ...],
    prompt: TokenIds,
    lease: Lease,
    info: EngineInfo,
) -> Overlap | None:
    """The overlap with the session `before`, as an earlier turn left it. None where no engine of
    ours has answered that turn, so that it left no tokens."""
    traces = before.turns[-1].traces if before.turns else None
    if traces is None:
        return None
    has_other_messages = common_prefix(before.messages[:-1], messages) < len(before.messages) - 1
    if traces.model_fingerprint != info.fingerprint:
        return Overlap(0, traces.num_tokens, len(prompt), True, has_other_messages)
    left = before.sequence
    # The last token was drawn and never fed.
    return Overlap(
        num_common=num_common(left, prompt),
        num_before=max(0, len(left) - 1),
        num_prompt=len(prompt),
        has_other_messages=has_other_messages or _answer_differs(before, messages),
        is_lost=lease.miss_kind in LOST,
    )


def _answer_differs(before: PortableSession, messages: tuple[Message, ...]) -> bool:
    """A request that ends before the earlier answer asks for another one; it changes nothing."""
    num_before = len(before.messages)
    return len(messages) >= num_before and common_prefix(before.messages, messages) < num_before
