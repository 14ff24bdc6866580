"""Body of `POST /v1/contexts/webhooks`."""

from typing import Annotated

from pydantic import Field

from agent_memory.api.schemas.body import Body

_Key = Annotated[str, Field(min_length=1, max_length=513)]


class WebhookBody(Body):
    """keys: of the contexts whose changes are sent; a star at the end stands for the rest."""

    url: Annotated[str, Field(min_length=1, max_length=2048)]
    keys: Annotated[list[_Key], Field(min_length=1, max_length=100)] = Field(
        default_factory=lambda: ["*"]
    )
