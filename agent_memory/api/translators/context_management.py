"""Anthropic's edits of the context: what is asked for, and what was done."""

from collections.abc import Iterator, Mapping, Sequence

from agent_memory.api.schemas.anthropic import ContextEdit as EditField
from agent_memory.api.schemas.anthropic import ContextManagement
from agent_memory.errors import InvalidRequest
from agent_memory.turns.context_edits import (
    AppliedEdit,
    ClearThinking,
    ClearToolUses,
    Compact,
    ContextEdit,
)

_CLEAR_TOOL_USES = "clear_tool_uses_20250919"
_CLEAR_THINKING = "clear_thinking_20251015"


def context_edits(field: ContextManagement | None) -> tuple[ContextEdit, ...]:
    """The edits that a request asks for. Raises `InvalidRequest` for one that is not known."""
    return tuple(_edits(field.edits or () if field else ()))


def applied_edits(applied: Sequence[AppliedEdit]) -> dict[str, object]:
    """The field of a response."""
    return {"applied_edits": [_applied(each) for each in applied]}


def _edits(fields: Sequence[EditField]) -> Iterator[ContextEdit]:
    for at, field in enumerate(fields):
        param = f"context_management.edits.{at}"
        match field.type:
            case "clear_tool_uses_20250919":
                yield _clear_tool_uses(field, param)
            case "clear_thinking_20251015":
                yield ClearThinking(_kept_turns(field, param))
            case "compact_20260112":
                given = _value(field.trigger, "input_tokens", f"{param}.trigger")
                yield Compact() if given is None else Compact(given)
            case _:
                raise InvalidRequest(
                    f"The context edit '{field.type}' is not supported.", "context_management"
                )


def _clear_tool_uses(field: EditField, param: str) -> ClearToolUses:
    default = ClearToolUses()
    uses = tokens = None
    if field.trigger is None:
        tokens = default.trigger_tokens
    elif field.trigger.get("type") == "tool_uses":
        uses = _value(field.trigger, "tool_uses", f"{param}.trigger")
    else:
        tokens = _value(field.trigger, "input_tokens", f"{param}.trigger")
    kept = field.keep if isinstance(field.keep, Mapping) or field.keep is None else {}
    keep = _value(kept, "tool_uses", f"{param}.keep")
    inputs = field.clear_tool_inputs
    return ClearToolUses(
        trigger_tokens=tokens,
        trigger_uses=uses,
        keep=default.keep if keep is None else keep,
        at_least=_value(field.clear_at_least, "input_tokens", f"{param}.clear_at_least") or 0,
        exclude=frozenset(field.exclude_tools or ()),
        inputs=None if inputs is True else frozenset(inputs or ()),
    )


def _kept_turns(field: EditField, param: str) -> int | None:
    keep = field.keep
    if keep is None:
        return 1
    if keep == "all" or (isinstance(keep, Mapping) and keep.get("type") == "all"):
        return None
    return _value(keep if isinstance(keep, Mapping) else {}, "thinking_turns", f"{param}.keep")


def _value(field: Mapping[str, object] | None, kind: str, param: str) -> int | None:
    """The number of an object `{"type": kind, "value": N}`."""
    if field is None:
        return None
    value = field.get("value")
    if field.get("type") != kind or not isinstance(value, int) or value < 0:
        raise InvalidRequest(f'{param} must be {{"type": "{kind}", "value": N}}.', param)
    return value


def _applied(applied: AppliedEdit) -> Mapping[str, object]:
    is_tools = isinstance(applied.edit, ClearToolUses)
    return {
        "type": _CLEAR_TOOL_USES if is_tools else _CLEAR_THINKING,
        "cleared_tool_uses" if is_tools else "cleared_thinking_turns": applied.num_cleared,
        "cleared_input_tokens": applied.num_tokens,
    }
