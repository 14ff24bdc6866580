"""The field `contexts` of the model APIs (an extension)."""

from typing import Annotated, TypeAlias

from pydantic import Field

from agent_memory.contexts.key import MAX_KEY_LENGTH

MAX_ATTACHED = 32

_Name = Annotated[str, Field(min_length=1, max_length=MAX_KEY_LENGTH + 20)]
ContextNames: TypeAlias = Annotated[list[_Name], Field(max_length=MAX_ATTACHED)]
"""Keys, each with a version after `@` where not the present one is meant."""
