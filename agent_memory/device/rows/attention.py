"""Rows of different lengths in one batch: projections together, attention row by row.

mlx-lm's models call `base.scaled_dot_product_attention`, which hands caches that have `bits` to a
function of its own module. That function is replaced, once: what comes from a `BatchLayer` is
attended to row by row, quantised keys and values as they are, everything else as before. No row is
padded, copied or moved.
"""

from collections.abc import Sequence
from typing import Any

import mlx.core as mx
from mlx_lm.models import base

from agent_memory.device.cpu.fused import attend_to_past
from agent_memory.device.device_kind import device_kind
from agent_memory.device.rows.quantised import Quantised
from agent_memory.device.rows.quantised_attention import attend_to_quantised
from agent_memory.device.rows.row_layers import RowLayer


class PerRow(tuple[Any, ...]):
    """One thing for each row of the batch."""

    __slots__ = ()


class BatchLayer:
    """One layer of rows that are fed one token each, or of one that is fed several.

    offset: the position of each row of the batch. Where there are more of them than layers, several
    tokens of the first row stand there like rows of one token, before the other rows: what is done
    token by token is done for all of them at once.
    """

    bits = 0
    group_size = 0

    def __init__(self, layers: Sequence[RowLayer], offset: mx.array) -> None:
        self._layers = layers
        self.offset = offset

    def update_and_fetch(self, keys: mx.array, values: mx.array) -> tuple[PerRow, PerRow]:
        count = len(self._layers)
        pairs = [
            layer.update_and_fetch(row_keys, row_values)
            for layer, row_keys, row_values in zip(
                self._layers, _by_row(keys, count), _by_row(values, count), strict=True
            )
        ]
        return PerRow(keys for keys, _ in pairs), PerRow(values for _, values in pairs)

    def keys_and_values(self) -> tuple[PerRow, PerRow]:
        pairs = [layer.keys_and_values() for layer in self._layers]
        return PerRow(keys for keys, _ in pairs), PerRow(values for _, values in pairs)

    def make_mask(
        self, num_tokens: int, return_array: bool = False, window_size: int | None = None
    ) -> PerRow | None:
        first, *others = self._layers
        num_first = num_tokens + self.offset.size - len(self._layers)
        masks = [
            first.make_mask(num_first, return_array, window_size),
            *(layer.make_mask(num_tokens, return_array, window_size) for layer in others),
        ]
        return _unless_empty(masks)


def batch_layers(rows: Sequence[Sequence[RowLayer]], positions: Sequence[int]) -> list[BatchLayer]:
    """The layers of these rows as a model takes them, for the positions that a `BatchLayer` has."""
    offset = mx.array(list(positions))
    return [BatchLayer(layers, offset) for layers in zip(*rows, strict=True)]


def install_attention() -> None:
    """Put the row-by-row attention into mlx-lm. Doing it twice is doing it once."""
    stock = base.quantized_scaled_dot_product_attention
    if getattr(stock, "knows_rows", False):
        return

    def attend(
        queries: mx.array,
        keys: Any,
        values: Any,
        scale: float,
        mask: Any,
        group_size: int = 64,
        bits: int = 8,
    ) -> mx.array:
        if isinstance(keys, PerRow):
            return _attend_by_row(queries, keys, values, scale, mask)
        if isinstance(keys, Quantised):
            return _attend_by_row(queries, PerRow((keys,)), PerRow((values,)), scale, mask)
        attended: mx.array = stock(
            queries, keys, values, scale=scale, mask=mask, group_size=group_size, bits=bits
        )
        return attended

    attend.knows_rows = True  # type: ignore[attr-defined]
    base.quantized_scaled_dot_product_attention = attend


def _attend_by_row(
    queries: mx.array, keys: PerRow, values: PerRow, scale: float, mask: Any
) -> mx.array:
    count = len(keys)
    masks = mask if isinstance(mask, PerRow) else (mask,) * count
    if len(queries) > count:
        return _attend_after_first(queries, keys, values, scale, masks)
    if isinstance(keys[0], Quantised):
        if queries.shape[2] == 1:
            return _next_tokens_to_quantised(queries, keys, values, scale, masks)
        # Many tokens outweigh what it costs to make numbers of the bits.
        keys, values = (PerRow(row.dequantised() for row in rows) for rows in (keys, values))
    if device_kind().is_cpu:
        if mask is None and queries.shape[2] == 1:
            return _next_tokens_on_cpu(queries, keys, values, scale)
        if masks == ("causal",):
            return attend_to_past(queries, keys[0], values[0], scale)
    return mx.concatenate(
        [
            mx.fast.scaled_dot_product_attention(
                row_queries, row_keys, row_values, scale=scale, mask=row_mask
            )
            for row_queries, row_keys, row_values, row_mask in zip(
                mx.split(queries, count), keys, values, masks, strict=True
            )
        ]
    )


def _attend_after_first(
    queries: mx.array, keys: PerRow, values: PerRow, scale: float, masks: Sequence[Any]
) -> mx.array:
    """The first row's tokens as those of one row, the other rows as a batch of their own."""
    num_first = len(queries) - len(keys) + 1
    first = _turned(queries[:num_first])
    attended_first = _attend_by_row(
        first, PerRow(keys[:1]), PerRow(values[:1]), scale, _unless_empty(masks[:1])
    )
    attended = _attend_by_row(
        queries[num_first:], PerRow(keys[1:]), PerRow(values[1:]), scale, _unless_empty(masks[1:])
    )
    return mx.concatenate([_turned(attended_first), attended])


def _by_row(tensor: mx.array, count: int) -> list[mx.array]:
    """[batch, heads, tokens, size] of each of `count` rows, of which the first has what is more
    than one each."""
    num_first = len(tensor) - count + 1
    if num_first == 1:
        return list(mx.split(tensor, count))
    first, *others = mx.split(tensor, range(num_first, len(tensor)))
    return [_turned(first), *others]


def _turned(tensor: mx.array) -> mx.array:
    """[batch, heads, tokens, size] with rows of one token as the tokens of one row, or back."""
    return tensor.transpose(2, 1, 0, 3)


def _unless_empty(masks: Sequence[Any]) -> PerRow | None:
    return None if all(mask is None for mask in masks) else PerRow(masks)


def _next_tokens_to_quantised(
    queries: mx.array, keys: PerRow, values: PerRow, scale: float, masks: Sequence[Any]
) -> mx.array:
    rows = zip(mx.split(queries, len(keys)), keys, values, masks, strict=True)
    return mx.concatenate(
        [
            attend_to_quantised(row_queries, row_keys, row_values, scale, row_mask)
            for row_queries, row_keys, row_values, row_mask in rows
        ]
    )


def _next_tokens_on_cpu(queries: mx.array, keys: PerRow, values: PerRow, scale: float) -> mx.array:
    """As MLX composes it, bit for bit, with what can be done for all rows done for all at once.
    Queries that share a head of keys become queries of one head: two thirds of the time."""
    count, num_heads, _, size = queries.shape
    num_kv_heads = keys[0].shape[1]
    scaled = (queries * scale).reshape(count, num_kv_heads, num_heads // num_kv_heads, size)
    attended = mx.concatenate(
        [
            mx.softmax(row_queries @ row_keys.swapaxes(2, 3), axis=-1, precise=True) @ row_values
            for row_queries, row_keys, row_values in zip(
                mx.split(scaled, count), keys, values, strict=True
            )
        ]
    )
    return attended.reshape(count, num_heads, 1, values[0].shape[-1])
