"""Body of `POST /v1/workers/jobs`."""

from typing import Annotated

from pydantic import Field

from agent_memory.api.schemas.body import Body
from agent_memory.api.schemas.openai import JsonObject


class StartJobBody(Body):
    """`kind` names what is to be done; `args` are its own."""

    kind: Annotated[str, Field(min_length=1, max_length=64)]
    args: JsonObject = Field(default_factory=dict)
