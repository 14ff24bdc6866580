"""The facts of a model that a surface may tell."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelPrices:
    """Dollars for one token, as decimal texts."""

    prompt: str
    completion: str
    input_cache_read: str
    input_cache_write: str


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One entry of `/v1/models`. `created` is a Unix time in seconds.

    state: `loaded`, `loading`, `offloaded` or `failed`; `reason` says why it failed. Models of
        other providers are `available`.
    context_window: None where the files are not on this machine yet; so for the formats of weights
        and KV, of which the latter is known of a loaded model only. num_bytes: of the files.
    """

    id: str
    created: int
    context_window: int | None
    owned_by: str = "local"
    has_tools: bool | None = False
    has_thinking: bool | None = False
    parameters: int | None = 0
    state: str = "loaded"
    reason: str | None = None
    weight_format: str | None = None
    kv_format: str | None = None
    num_bytes: int | None = None
    max_output_tokens: int | None = None
    modalities: tuple[str, ...] = ()
    prices: ModelPrices | None = None
    targets: tuple[str, ...] = ()


class EstimatedCount(int):
    """A number of tokens that nobody has counted."""

    __slots__ = ()
