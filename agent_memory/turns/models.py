"""What a surface may say of a model."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One entry of `/v1/models`. `created` is a Unix time in seconds."""

    id: str
    created: int
    context_window: int
    owned_by: str = "local"
    has_tools: bool = False
    has_thinking: bool = False
    parameters: int = 0
