"""The last projection of a model, done for the tokens alone whose logits somebody reads."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import mlx.core as mx
from mlx import nn

Project = Callable[[mx.array], mx.array]


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

    def around(self, project: Project) -> Project:
        """The projection [rows, tokens, size] -> [rows that are not skipped, 1, vocabulary]."""
        return lambda x: project(x[self._num_skipped :, -1:, :])


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
