"""One row of the batch on the device."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import mlx.core as mx

from agent_memory.device.kv.kv_block import KvBlock
from agent_memory.device.sampling.sampling import RowSampler


@dataclass(frozen=True, slots=True)
class Mark:
    """A snapshot of a row, and how many tokens the row held then. is_own: its bits are this row's;
    else another one has computed the same tokens."""

    block: KvBlock
    num_tokens: int
    is_own: bool = True


@dataclass(slots=True)
class Row:
    """layers: its keys, values and states, one per layer of the model.

    length: tokens in the layers, those included that the device has yet to compute.
    blocks: what the row was restored from. marks: snapshots taken at boundaries on the way; blocks
    end at `ends` because of them.
    tokens: an array in which the row's next token stands at `place`, once it decodes.
    """

    layers: Sequence[Any]
    length: int = 0
    blocks: tuple[KvBlock, ...] = ()
    marks: list[Mark] = field(default_factory=list)
    ends: tuple[int, ...] = ()
    sampler: RowSampler | None = None
    tokens: Any = None
    place: int = 0

    @property
    def states(self) -> list[Any]:
        """What its layers hold, the arrays that the device has yet to compute included."""
        return [layer.state for layer in self.layers]

    def trim_to(self, length: int) -> None:
        """Forget what was fed too much. Only where every layer can."""
        self.length = min(self.length, length)
        for layer in self.layers:
            layer.trim_to(self.length)


def next_tokens(rows: Sequence[Row]) -> mx.array:
    """The tokens that the rows are fed next, [rows]. Nothing is done when they are together."""
    first: mx.array = rows[0].tokens
    if len(first) == len(rows) and all(
        row.tokens is first and row.place == at for at, row in enumerate(rows)
    ):
        return first
    return mx.concatenate([row.tokens[row.place : row.place + 1] for row in rows])
