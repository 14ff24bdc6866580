"""What OpenAI's two completion APIs have in common."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from agent_memory.api.schemas.body import Body, Inner
from agent_memory.api.schemas.foreign_words import INSTEAD, WITHOUT_EFFECT, sampling_in_our_words

JsonObject = dict[str, Any]
StopText = Annotated[str, Field(min_length=1)]


class StreamOptions(Inner):
    include_usage: bool | None = None


class SamplingBody(Body):
    """Sampling fields, with the extensions `top_k`, `min_p` and `repetition_penalty`."""

    refused: ClassVar[Mapping[str, str]] = INSTEAD
    without_effect: ClassVar[frozenset[str]] = WITHOUT_EFFECT

    model: str = ""
    """Without it, the model that is loaded."""
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    top_k: Annotated[int, Field(ge=0)] | None = None
    min_p: Annotated[float, Field(ge=0, le=1)] | None = None
    repetition_penalty: Annotated[float, Field(gt=0, le=10)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    logit_bias: (
        Annotated[
            dict[
                Annotated[str, Field(pattern=r"^[0-9]{1,9}$")],
                Annotated[float, Field(ge=-100, le=100)],
            ],
            Field(max_length=1024),
        ]
        | None
    ) = None
    """Keys are token ids."""
    stop: StopText | Annotated[list[StopText], Field(max_length=64)] | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    n: Annotated[int, Field(ge=1, le=8)] | None = None
    session_id: str | None = None
    """Names the session (an extension; the `X-Session-ID` header does the same)."""
    service_tier: str | None = None
    user: str | None = None

    @classmethod
    def in_our_words(cls, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        return sampling_in_our_words(fields)
