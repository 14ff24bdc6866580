"""Vectors that came from elsewhere: checked before anybody believes them."""

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from agent_memory.errors import EmbeddingUnavailable, InvalidRequest

MAX_CHARACTERS = 8_000
"""So much of a text is sent: hosted models take about 8,000 tokens, and few characters are two."""


def checked_vectors(values: Sequence[object], num_texts: int, num_dims: int) -> NDArray[np.float32]:
    """`values` as normalised vectors [texts, dims]; `EmbeddingUnavailable` when they are not."""
    try:
        vectors = np.array(values, np.float32)
    except (TypeError, ValueError) as error:
        raise EmbeddingUnavailable("The embedding server sent no vectors.") from error
    if vectors.shape != (num_texts, num_dims):
        raise EmbeddingUnavailable(
            f"The embedding server sent vectors of the shape {list(vectors.shape)}; "
            f"{num_texts} of {num_dims} dimensions were asked for."
        )
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (np.isfinite(lengths).all() and (lengths > 0).all()):
        raise EmbeddingUnavailable("The embedding server sent vectors without a direction.")
    vectors /= lengths
    return vectors


def sent_texts(texts: Sequence[str]) -> list[str]:
    """The texts as they are sent: cut at `MAX_CHARACTERS`. `InvalidRequest` for an empty one,
    which hosted models do not take."""
    if not all(text.strip() for text in texts):
        raise InvalidRequest("An empty text has no embedding.", "input")
    return [text[:MAX_CHARACTERS] for text in texts]


def batches(texts: Sequence[str], size: int) -> Iterator[list[str]]:
    """Texts in the order given, `size` at a time."""
    rest = iter(texts)
    while batch := list(islice(rest, size)):
        yield batch


def shared_out(total: int, sizes: Sequence[int]) -> list[int]:
    """`total` in whole parts in proportion to `sizes`, none of which is 0; nothing is lost."""
    shares: list[int] = []
    size_left = sum(sizes)
    for size in sizes:
        share = total * size // size_left
        shares.append(share)
        total -= share
        size_left -= size
    return shares
