"""The form that an answer is to have."""

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
    parse: split the text into thinking, text and tool calls; False gives raw text.
    """

    tools: tuple[ToolSpec, ...] = ()
    tool_choice: ToolChoice = ToolChoice()  # noqa: RUF009  frozen value
    parallel_tool_calls: bool = True
    thinking: bool | None = None
    thinking_budget: int | None = None
    effort: str | None = None
    json_schema: str | None = None
    parse: bool = True
