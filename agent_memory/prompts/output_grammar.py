"""The form that an answer must have, as a grammar in the Lark dialect of llguidance.

start: calls             a tool must be called
     | answer            a schema must be met, or an expression
     | calls | answer    the same, unless a tool is called
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
    text_form: str | None = None,
    is_single_call: bool = False,
) -> str | None:
    """The grammar, or None when the answer is free.

    form: None for a model whose calls have a form without a grammar. Raises InvalidRequest for
    what cannot be had: a call of an unknown tool, or one in such a form.
    """
    called = callable_tools(tools, tool_choice)
    is_called = must_call(tool_choice)
    answer = None if is_called else answer_rule(json_schema, text_form)
    if not is_called and answer is None:
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
    if answer is not None:
        answers.append("answer")
        rules.append(f"answer: {answer}")
    # A text of a form begins at once: nothing in front of it would be told apart from it.
    gap = "" if text_form is not None and not is_called else "/\\n{0,2}/ "
    return "\n".join([f"start: {gap}({' | '.join(answers)})", *rules])


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
    called = tool_choice.callable_of(tools)
    if called or not must_call(tool_choice):
        return called
    if tool_choice.mode is ToolMode.NAMED:
        raise InvalidRequest(
            f"tool_choice names '{tool_choice.name}', which is not among the tools.",
            "tool_choice",
        )
    raise InvalidRequest("A tool must be called, but there are no tools.", "tools")


def answer_rule(json_schema: str | None, text_form: str | None) -> str | None:
    """What an answer that is no call must match; None when it is free. Raises InvalidRequest."""
    if json_schema is not None:
        return f"%json {answer_schema(json_schema)}"
    return text_form


def answer_schema(json_schema: str) -> str:
    """The schema of an answer, with room for line breaks. Raises InvalidRequest."""
    try:
        schema = json.loads(json_schema)
    except ValueError as error:
        raise InvalidRequest(f"The JSON schema is not JSON: {error}", "response_format") from error
    if not isinstance(schema, dict):
        raise InvalidRequest("The JSON schema must be an object.", "response_format")
    return json.dumps({**schema, "x-guidance": _ANSWER_SPACING})
