"""The engine's description of itself."""

from dataclasses import dataclass

from agent_memory.cache.kv_form import KvForm
from agent_memory.cache.parcel_bounds import ParcelBounds


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """Facts of a loaded model that the rest of the runtime needs.

    fingerprint: of weights, tokenizer and template (part of the salt of every block).
    kv_format: name of the bit pattern of keys and values, e.g. "float32".
    bytes_per_token: KV bytes of one token in all layers that grow with the sequence.
    has_snapshots: some layer's cache cannot be cut by position.
    num_token_ids: tokens that the model knows have smaller ids.
    kv_form: the tensors that blocks are made of.
    incarnation: fresh random text whenever a model is loaded.
    loaded_at: Unix time of that in seconds, so that of two incarnations the later one is known.
    """

    model: str
    fingerprint: str
    kv_format: str
    context_window: int
    block_size: int
    bytes_per_token: int
    has_snapshots: bool
    has_tools: bool
    has_thinking: bool
    num_parameters: int
    incarnation: str
    notes: tuple[str, ...] = ()
    loaded_at: float = 0.0
    num_token_ids: int = 2**32
    kv_form: KvForm = KvForm()  # noqa: RUF009  frozen value

    def parcel_bounds(self, num_tokens: int) -> ParcelBounds:
        """Most that a session of so many tokens can need when it travels."""
        return ParcelBounds.of(
            num_tokens,
            self.block_size,
            self.bytes_per_token,
            self.kv_form.snapshot_bytes(num_tokens),
            self.kv_form.num_tensors,
        )
