"""The fields that OpenAI's two completion APIs have in common."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from agent_memory.api.schemas.body import Inner
from agent_memory.api.schemas.foreign_words import INSTEAD, WITHOUT_EFFECT, sampling_in_our_words
from agent_memory.api.schemas.sampling import SamplingFields

JsonObject = dict[str, Any]


class StreamOptions(Inner):
    include_usage: bool | None = None


class SamplingBody(SamplingFields):
    """How tokens are chosen, how many choices there are, and how they are told."""

    refused: ClassVar[Mapping[str, str]] = INSTEAD
    without_effect: ClassVar[frozenset[str]] = WITHOUT_EFFECT

    model: str = ""
    """Without it, the model that is loaded."""
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    n: Annotated[int, Field(ge=1, le=8)] | None = None
    min_tokens: Annotated[int, Field(ge=0)] | None = None
    """So many tokens at least, where nothing but the model would end the answer (an extension)."""
    ignore_eos: bool | None = None
    """Go on to `max_tokens` (an extension)."""
    session_id: str | None = None
    """Names the session (an extension; the `X-Session-ID` header does the same)."""
    service_tier: str | None = None
    user: str | None = None

    @classmethod
    def in_our_words(cls, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        return sampling_in_our_words(fields)
