"""Options of an answer that a body spells as `AnswerForm` does."""

from typing import Annotated, Any

from pydantic import Field

from agent_memory.api.schemas.body import Body


class AnswerOptions(Body):
    """A surface of ours takes them all: an option that is added here goes to the engine as it is.

    Protocols of others have words of their own, which their translators put into the form.
    """

    parallel_tool_calls: bool = True
    thinking: bool | None = None
    thinking_budget: Annotated[int, Field(ge=1)] | None = None

    def options(self) -> dict[str, Any]:
        """The options by their names in `AnswerForm`."""
        return {name: getattr(self, name) for name in AnswerOptions.model_fields}
