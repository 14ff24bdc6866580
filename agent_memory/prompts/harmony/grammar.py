"""The form of an answer in harmony, as a grammar in the Lark dialect of llguidance.

turn: analysis? (call | final)

Marks are tokens there, which no text matches.
"""

from collections.abc import Sequence

from agent_memory.prompts.call_forms.grammar import any_call, json_arguments, quoted
from agent_memory.prompts.harmony.marks import (
    ASSISTANT,
    CHANNEL,
    CONSTRAIN,
    END,
    MESSAGE,
    NAMESPACE,
    START,
)
from agent_memory.prompts.output_grammar import (
    answer_rule,
    callable_tools,
    must_call,
)
from agent_memory.turns.messages import ToolChoice, ToolSpec

RECIPIENT = f"to={NAMESPACE}"
"""What a header has in front of a tool's name."""

_FORM = f'form: " "? {CONSTRAIN} "json" | " json" |'
_THINKING = (
    f'analysis: {CHANNEL} "analysis" {MESSAGE} THOUGHT {END} {START} '
    f'"{ASSISTANT.removeprefix(START)}"\nTHOUGHT: /(.|\\n)*/'
)


def harmony_grammar(
    tools: Sequence[ToolSpec],
    tool_choice: ToolChoice,
    json_schema: str | None,
    *,
    text_form: str | None = None,
    is_open: bool = False,
) -> str | None:
    """The grammar of a turn; None when the answer is free. is_open: the prompt has begun the text
    of the answer.

    Raises InvalidRequest for a call of a tool that is not there."""
    called = callable_tools(tools, tool_choice)
    is_called = must_call(tool_choice)
    answer = None if is_called else answer_rule(json_schema, text_form)
    if not is_called and answer is None:
        return None
    if is_open and answer is not None:
        return f"start: {answer}"
    rules: list[str] = []
    turns: list[str] = []
    if called:
        turns.append("call")
        rules.extend(_calls(called))
    if answer is not None:
        turns.append("final")
        rules.append(f'final: {CHANNEL} "final" form {MESSAGE} ({answer})')
    return "\n".join([f"start: analysis? ({' | '.join(turns)})", _THINKING, _FORM, *rules])


def begun_recipient_grammar(tools: Sequence[ToolSpec]) -> str:
    """The grammar of what follows `RECIPIENT` in a header that the model writes of its own accord,
    up to the end of the call's arguments."""
    calls = [
        f"call_{at}: {quoted(f'.{tool.name}')} place form {MESSAGE} arguments_{at}"
        for at, tool in enumerate(tools)
    ]
    place = f'place: {CHANNEL} "commentary" |'
    return "\n".join([f"start: {any_call(tools)}", place, _FORM, *calls, *json_arguments(tools)])


def _calls(tools: Sequence[ToolSpec]) -> list[str]:
    calls = [
        f"call_{at}: {CHANNEL} {quoted(f'commentary {RECIPIENT}.{tool.name}')} "
        f"form {MESSAGE} arguments_{at}"
        f" | {quoted(f' {RECIPIENT}.{tool.name}')} {CHANNEL} "
        f'"commentary" form {MESSAGE} arguments_{at}'
        for at, tool in enumerate(tools)
    ]
    return [f"call: {any_call(tools)}", *calls, *json_arguments(tools)]
