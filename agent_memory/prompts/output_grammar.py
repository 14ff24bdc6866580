"""The form that an answer must have, as a grammar in the Lark dialect of llguidance.

answer: calls            a tool must be called
      | json             a schema must be met
      | calls | json     a schema must be met unless a tool is called
"""

import json
from collections.abc import Sequence

from agent_memory.errors import InvalidRequest
from agent_memory.prompts.call_forms.grammar import CallGrammar
from agent_memory.turns.messages import ToolChoice, ToolMode, ToolSpec

# A line may break and be indented, but there is no room for a model to write blanks for ever.
_ANSWER_SPACING = {"whitespace_pattern": r"(\n {0,40}| )?"}


def output_grammar(
    tools: Sequence[ToolSpec],
    tool_choice: ToolChoice,
    json_schema: str | None,
    form: CallGrammar | None,
    *,
    is_single_call: bool = False,
) -> str | None:
    """The grammar, or None when the answer is free.

    form: None for a model whose calls have a form without a grammar. Raises InvalidRequest for
    what cannot be had: a call of an unknown tool, or one in such a form.
    """
    called = callable_tools(tools, tool_choice)
    is_called = must_call(tool_choice)
    if not is_called and json_schema is None:
        return None
    if called and form is None:
        raise InvalidRequest(
            "This model writes calls of tools in a form that cannot be required or combined with "
            "a JSON schema; use tool_choice 'auto' without response_format.",
            "tool_choice",
        )
    rules: list[str] = []
    answers: list[str] = []
    if called and form is not None:
        answers.append("calls")
        is_single = is_single_call or tool_choice.mode is ToolMode.NAMED
        rules.extend(form.rules(called, is_single=is_single, is_begun=False))
    if json_schema is not None and not is_called:
        answers.append("json")
        rules.append(f"json: %json {answer_schema(json_schema)}")
    return "\n".join([f"start: /\\n{{0,2}}/ ({' | '.join(answers)})", *rules])


def begun_call_grammar(
    tools: Sequence[ToolSpec], form: CallGrammar, *, is_single: bool = False
) -> str:
    """The grammar of what follows the mark with which a model has begun a call of its own accord,
    up to the mark that ends it."""
    return "\n".join(["start: calls", *form.rules(tools, is_single=is_single, is_begun=True)])


def must_call(tool_choice: ToolChoice) -> bool:
    """Whether a call is owed."""
    return tool_choice.mode in {ToolMode.REQUIRED, ToolMode.NAMED}


def callable_tools(tools: Sequence[ToolSpec], tool_choice: ToolChoice) -> Sequence[ToolSpec]:
    """The tools of which one may be called. Raises InvalidRequest when one must be that is not
    there."""
    match tool_choice.mode:
        case ToolMode.NONE:
            return ()
        case ToolMode.AUTO:
            return tools
        case ToolMode.REQUIRED:
            if not tools:
                raise InvalidRequest("A tool must be called, but there are no tools.", "tools")
            return tools
        case ToolMode.NAMED:
            named = [tool for tool in tools if tool.name == tool_choice.name]
            if not named:
                raise InvalidRequest(
                    f"tool_choice names '{tool_choice.name}', which is not among the tools.",
                    "tool_choice",
                )
            return named


def answer_schema(json_schema: str) -> str:
    """The schema of an answer, with room for line breaks. Raises InvalidRequest."""
    try:
        schema = json.loads(json_schema)
    except ValueError as error:
        raise InvalidRequest(f"The JSON schema is not JSON: {error}", "response_format") from error
    if not isinstance(schema, dict):
        raise InvalidRequest("The JSON schema must be an object.", "response_format")
    return json.dumps({**schema, "x-guidance": _ANSWER_SPACING})
