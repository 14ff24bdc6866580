"""Passes of the model over rows: one row's tokens, the next token of many, or both at once."""

from collections.abc import Sequence
from typing import Any

import mlx.core as mx

from agent_memory.device.models.model_head import project_last_only
from agent_memory.device.rows.attention import batch_layers
from agent_memory.device.rows.row import Row, next_tokens


class Forward:
    """min_batch: the fewest rows that are computed together."""

    def __init__(self, model: Any, min_batch: float) -> None:
        self._head = project_last_only(model)
        self._model = model
        self._min_batch = min_batch

    def feed(self, row: Row, tokens: mx.array) -> mx.array:
        """Logits [1, vocabulary] after the last of these tokens of one row."""
        logits: mx.array = self._model(tokens[None], cache=self._cache([row]))
        return logits[:, -1, :]

    def decode(self, batch: Sequence[Row]) -> mx.array:
        """Logits [rows, vocabulary] after the next token of each row."""
        tokens = next_tokens(batch)
        if len(batch) < self._min_batch:
            parts = [self.feed(row, tokens[at : at + 1]) for at, row in enumerate(batch)]
            return parts[0] if len(parts) == 1 else mx.concatenate(parts)
        logits: mx.array = self._model(tokens[:, None], cache=self._cache(batch))
        return logits[:, -1, :]

    def decode_beside(self, batch: Sequence[Row], fed: Row, token_ids: Sequence[int]) -> mx.array:
        """The same, where `fed` is fed these tokens too: before its next one if it is the first of
        the batch."""
        tokens = mx.concatenate([mx.array(list(token_ids), mx.int32), next_tokens(batch)])
        others = batch[1:] if batch[0] is fed else batch
        if not others:
            return self.feed(fed, tokens)
        end = fed.length + len(tokens) - len(others)
        positions = [*range(fed.length, end), *(row.length for row in others)]
        cache = batch_layers([row.layers for row in (fed, *others)], positions)
        with self._head.skipping(len(token_ids)):
            logits: mx.array = self._model(tokens[:, None], cache=cache)
        return logits[-len(batch) :, -1, :]

    def _cache(self, batch: Sequence[Row]) -> Sequence[Any]:
        """The layers of these rows, as the model takes them."""
        if len(batch) < self._min_batch:
            (row,) = batch
            return row.layers
        return batch_layers([row.layers for row in batch], [row.length for row in batch])
