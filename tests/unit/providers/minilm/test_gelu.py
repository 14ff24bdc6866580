"""The GELU without erf."""

import math

import numpy as np

from agent_memory.providers.minilm.gelu import gelu_in_place


def test_it_is_the_exact_gelu_within_float32() -> None:
    x = np.linspace(-12, 12, 4 * 2403, dtype=np.float32).reshape(-1, 4)
    exact = [v * 0.5 * math.erfc(-v / math.sqrt(2)) for v in x.ravel().tolist()]

    gelu_in_place(x)

    np.testing.assert_allclose(x.ravel(), exact, atol=5e-7)


def test_a_part_of_a_chunk_is_done_too() -> None:
    x = np.ones((17, 3), np.float32)

    gelu_in_place(x)

    np.testing.assert_allclose(x, 0.8413447, atol=5e-7)
