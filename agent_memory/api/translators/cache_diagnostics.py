"""Why a prefix was not reused, in the words of both vendors.

A client names an earlier answer. The parts of both requests say what has changed, the tokens of
both prompts say whether that matters and from where on. What changes no token of the prompt is no
miss: where `comparison_response_id` or `previous_message_id` differs only in it, all is reused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from agent_memory.api.runtime import NamedTurns
from agent_memory.errors import InvalidRequest
from agent_memory.prompts.shape import PromptShape
from agent_memory.turns.names import turn_of
from agent_memory.turns.overlap import Overlap
from agent_memory.turns.placement import Branch
from agent_memory.turns.request import TurnRequest


class Cause(StrEnum):
    """What made the prompt differ."""

    MODEL = "model"
    TOOLS = "tools"
    SYSTEM = "system"
    COMPACTION = "compaction"
    MESSAGES = "messages"
    THINKING = "thinking"
    TEXT_FORMAT = "text_format"
    REASONING_EFFORT = "reasoning_effort"
    VERBOSITY = "verbosity"
    CACHE_KEY = "cache_key"
    SERVICE_TIER = "service_tier"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a client wants its request compared with.

    before: the parts of the earlier request, None where they were not kept. is_found: the earlier
    answer exists.
    """

    now: PromptShape
    before: PromptShape | None
    is_found: bool
    is_compacted: bool = False

    def cause(self, overlap: Overlap) -> Cause:
        """The first part, in the order of a prompt, that differs."""
        if overlap.is_other_model:
            return Cause.MODEL
        changes = self.before.changes_to(self.now) if self.before else frozenset()
        for name in ("tools", "system"):
            if name in changes:
                return Cause(name)
        if overlap.has_other_messages:
            return Cause.COMPACTION if self.is_compacted else Cause.MESSAGES
        others = (cause for cause in Cause if cause.value in changes and cause is not Cause.MODEL)
        return next(others, Cause.UNKNOWN)


_OPENAI = {
    Cause.MODEL: "model_changed",
    Cause.TOOLS: "tools_changed",
    Cause.SYSTEM: "input_changed",
    Cause.COMPACTION: "context_compacted",
    Cause.MESSAGES: "input_changed",
    Cause.THINKING: "reasoning_effort_changed",
    Cause.TEXT_FORMAT: "text_format_changed",
    Cause.REASONING_EFFORT: "reasoning_effort_changed",
    Cause.VERBOSITY: "verbosity_changed",
    Cause.CACHE_KEY: "prompt_cache_key_changed",
    Cause.SERVICE_TIER: "service_tier_changed",
    Cause.UNKNOWN: "input_changed",
}
_ANTHROPIC = {
    Cause.MODEL: "model_changed",
    Cause.TOOLS: "tools_changed",
    Cause.SYSTEM: "system_changed",
    Cause.COMPACTION: "messages_changed",
    Cause.MESSAGES: "messages_changed",
}
"""For the others Anthropic's word is `unavailable`."""


async def compared(
    request: TurnRequest, name: str, turns: NamedTurns, param: str
) -> tuple[TurnRequest, Comparison]:
    """The request, to be compared with the answer called `name` when its prompt is known, and the
    parts of both. `param` is the field that held the name."""
    if not name:
        raise InvalidRequest(f"{param} must not be empty.", param)
    turn_id = turn_of(name)
    turn = None if turn_id is None else await turns.find(request.workspace_id, turn_id)
    now = PromptShape.of(request, request.messages)
    if turn is None:
        return request, Comparison(now, None, is_found=False)
    before = PromptShape.read(turn.shape)
    if request.is_delta and before is not None:
        now = replace(now, system=before.system)  # It is in the messages that are not sent again.
    asked = replace(request, compare_with=Branch(turn.session_id, turn.turn_id))
    return asked, Comparison(now, before, True, request.tags.is_compacted)


def openai_cache_diagnostics(
    comparison: Comparison, overlap: Overlap | None
) -> Mapping[str, object]:
    """The response's `prompt_cache_diagnostics`."""
    if not comparison.is_found:
        return {"type": "comparison_response_not_found"}
    if overlap is None or (overlap.is_whole and overlap.is_lost):
        return {"type": "unavailable"}
    if overlap.is_whole:
        return {"type": "cache_hit"}
    return {
        "type": "cache_miss",
        "reason": _OPENAI[comparison.cause(overlap)],
        "cache_missed_tokens": overlap.num_prompt - overlap.num_common,
        "comparison_reusable_tokens": overlap.num_common,
    }


def anthropic_cache_diagnostics(
    comparison: Comparison, overlap: Overlap | None
) -> Mapping[str, object] | None:
    """The message's `diagnostics`; None where the earlier prompt was found whole."""
    if not comparison.is_found:
        return {"cache_miss_reason": {"type": "previous_message_not_found"}}
    if overlap is None or (overlap.is_whole and overlap.is_lost):
        return {"cache_miss_reason": {"type": "unavailable"}}
    if overlap.is_whole:
        return None
    kind = _ANTHROPIC.get(comparison.cause(overlap))
    if kind is None:
        return {"cache_miss_reason": {"type": "unavailable"}}
    num_missed = overlap.num_before - overlap.num_common
    return {"cache_miss_reason": {"type": kind, "cache_missed_input_tokens": num_missed}}
