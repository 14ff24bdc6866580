"""The facts of a model that a surface may tell."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One entry of `/v1/models`. `created` is a Unix time in seconds.

    state: `loaded`, `loading`, `offloaded` or `failed`; `reason` says why it failed.
    context_window: None where the files are not on this machine yet; so for the formats of weights
        and KV, of which the latter is known of a loaded model only. num_bytes: of the files.
    """

    id: str
    created: int
    context_window: int | None
    owned_by: str = "local"
    has_tools: bool = False
    has_thinking: bool = False
    parameters: int | None = 0
    state: str = "loaded"
    reason: str | None = None
    weight_format: str | None = None
    kv_format: str | None = None
    num_bytes: int | None = None
