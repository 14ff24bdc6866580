"""Fields that say how the next token is chosen, in every body that has them."""

from typing import Annotated

from pydantic import Field

from agent_memory.api.schemas.body import Body

StopText = Annotated[str, Field(min_length=1)]
_TokenId = Annotated[str, Field(pattern=r"^[0-9]{1,9}$")]


class SamplingFields(Body):
    """The fields of OpenAI, and `top_k`, `min_p` and `repetition_penalty` besides; unset or null is
    this product's default (`turns.sampling.SamplingParams`).

    How long an answer may be, how many there are and what is told of their tokens has other names
    in other protocols.
    """

    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    top_k: Annotated[int, Field(ge=0)] | None = None
    min_p: Annotated[float, Field(ge=0, le=1)] | None = None
    repetition_penalty: Annotated[float, Field(gt=0, le=10)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    logit_bias: (
        Annotated[
            dict[_TokenId, Annotated[float, Field(ge=-100, le=100)]],
            Field(max_length=1024),
        ]
        | None
    ) = None
    """Keys are token ids."""
    stop: StopText | Annotated[list[StopText], Field(max_length=64)] | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
