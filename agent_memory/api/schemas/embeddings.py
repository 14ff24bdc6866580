"""Body of `POST /v1/embeddings` (https://platform.openai.com/docs/api-reference/embeddings)."""

from typing import Annotated, Literal

from pydantic import Field

from agent_memory.api.schemas.body import Body

MAX_TEXTS = 2048
Tokens = Annotated[list[int], Field(min_length=1)]


class EmbeddingsBody(Body):
    """One text or several. Arrays of tokens are named here only to be refused by name."""

    model: Annotated[str, Field(min_length=1, max_length=256)]
    input: (
        str
        | Annotated[list[str], Field(min_length=1, max_length=MAX_TEXTS)]
        | Tokens
        | Annotated[list[Tokens], Field(min_length=1)]
    )
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: Annotated[int, Field(ge=1, le=4000)] | None = None
    user: str | None = None
