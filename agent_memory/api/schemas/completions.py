"""Bodies of `POST /v1/completions` (https://platform.openai.com/docs/api-reference/completions)."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from agent_memory.api.schemas.foreign_words import INSTEAD
from agent_memory.api.schemas.openai import SamplingBody

TokenId = Annotated[int, Field(ge=0, lt=2**31)]


class CompletionsBody(SamplingBody):
    """Text in, text out, without messages or template."""

    refused: ClassVar[Mapping[str, str]] = {
        **INSTEAD,
        "suffix": "text is only written at the end.",
        "best_of": "ask for 'n' answers and choose.",
    }

    prompt: (
        str
        | Annotated[list[str], Field(min_length=1)]
        | Annotated[list[TokenId], Field(min_length=1)]
        | Annotated[list[Annotated[list[TokenId], Field(min_length=1)]], Field(min_length=1)]
    )
    """One text or several, or one list of token ids or several."""
    echo: bool | None = None
    """The prompt, a text, stands in front of each answer."""
    logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
