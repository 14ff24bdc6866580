"""The form that an answer is to have."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent_memory.turns.messages import ToolChoice, ToolSpec


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """The form of an answer as a client asks for it. It travels whole, from the surface to the
    engine, as `SamplingParams` does.

    parallel_tool_calls: False: the answer ends after its first call of a tool.
    thinking: None leaves it to the model's template.
    thinking_budget: most tokens that a model which thinks may think; then it must answer.
    effort: how hard it is to think, in the provider's own word; local models that speak harmony are
        told, others have no such scale.
    json_schema: JSON text of the schema that the answer must satisfy (`{"type": "object"}` for any
        object), or None for free text.
    text_form: what the whole text must match that is no JSON, as an expression of Lark.
    text_grammar: the same as a whole grammar, in llguidance's Lark or llama.cpp's GBNF.
    parse: split the text into thinking, text and tool calls; False gives raw text.
    """

    tools: tuple[ToolSpec, ...] = ()
    tool_choice: ToolChoice = ToolChoice()  # noqa: RUF009  frozen value
    parallel_tool_calls: bool = True
    thinking: bool | None = None
    thinking_budget: int | None = None
    effort: str | None = None
    json_schema: str | None = None
    text_form: str | None = None
    text_grammar: str | None = None
    parse: bool = True

    @property
    def has_text_form(self) -> bool:
        """Whether the text must have a form that is no JSON."""
        return self.text_form is not None or self.text_grammar is not None

    @property
    def callable_tools(self) -> tuple[ToolSpec, ...]:
        """The tools that may be called; the model may have read of more."""
        return self.tool_choice.callable_of(self.tools)

    @property
    def offered_tools(self) -> tuple[ToolSpec, ...]:
        """The tools that another provider is told of, who does not know of a narrower choice."""
        only = self.tool_choice.only
        return tuple(tool for tool in self.tools if only is None or tool.name in only)


def one_of(texts: Sequence[str]) -> str:
    """The text form of an answer that is one of these."""
    return " | ".join(json.dumps(text, ensure_ascii=False) for text in texts)


def matching(expression: str) -> str:
    """The text form of an answer that a regular expression matches whole."""
    escaped = re.sub(r"\\.|/|\n", _escaped, expression, flags=re.DOTALL)
    return f"/{escaped}/"


def _escaped(found: re.Match[str]) -> str:
    return {"/": "\\/", "\n": "\\n"}.get(found[0], found[0])
