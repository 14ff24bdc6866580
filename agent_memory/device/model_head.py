"""The last projection of a model, done for the tokens alone whose logits somebody reads."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import mlx.core as mx
from mlx import nn


class ModelHead:
    """Of each row of a batch only the last token is projected, and of the first rows none while
    they are skipped."""

    def __init__(self) -> None:
        self._num_skipped = 0

    @contextmanager
    def skipping(self, num_rows: int) -> Iterator[None]:
        """The first so many rows have no logits. Where the projection is not where mlx-lm's models
        have it, they have them all the same."""
        self._num_skipped = num_rows
        try:
            yield
        finally:
            self._num_skipped = 0

    def around(self, project: Callable[[mx.array], mx.array]) -> "Projection":
        """The projection [rows, tokens, size] -> [rows that are not skipped, 1, vocabulary]."""
        return Projection(self, project)

    def read(self, x: mx.array) -> mx.array:
        """Of what the last layer gives, that for which there are logits."""
        return x[self._num_skipped :, -1:, :]


class Projection:
    """In the place of a model's own."""

    def __init__(self, head: ModelHead, project: Callable[[mx.array], mx.array]) -> None:
        self._head = head
        self._project = project

    def __call__(self, x: mx.array) -> mx.array:
        return self._project(self._head.read(x))


def project_last_only(model: nn.Module) -> ModelHead:
    """Where the projection is where mlx-lm's models have it; other models stay as they are.

    An `lm_head` is no module of the model any more, and its weights none of its parameters.
    """
    head = ModelHead()
    if "lm_head" in model:
        model.lm_head = head.around(model.lm_head)
        return head
    embedding: Any = getattr(getattr(model, "model", None), "embed_tokens", None)
    if isinstance(embedding, nn.Embedding):
        embedding.as_linear = head.around(embedding.as_linear)
    return head
