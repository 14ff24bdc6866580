"""The last projection of a model, done for the last token only: nobody reads other logits."""

from typing import Any

import mlx.core as mx
from mlx import nn


class LastToken:
    """A projection [rows, tokens, size] -> [rows, 1, vocabulary]."""

    def __init__(self, project: Any) -> None:
        self._project = project

    def __call__(self, x: mx.array) -> mx.array:
        projected: mx.array = self._project(x[:, -1:, :])
        return projected


def project_last_only(model: nn.Module) -> None:
    """Where the projection is where mlx-lm's models have it; other models stay as they are.

    An `lm_head` is no module of the model any more, and its weights none of its parameters.
    """
    if "lm_head" in model:
        model.lm_head = LastToken(model.lm_head)
        return
    embedding = getattr(getattr(model, "model", None), "embed_tokens", None)
    if isinstance(embedding, nn.Embedding):
        embedding.as_linear = LastToken(embedding.as_linear)
