"""How the weights of the bundled encoder are packed."""

import numpy as np

from agent_memory.bundled.recipe.minilm import GROUP, packed


def test_a_matrix_is_restored_within_half_a_step_of_its_groups() -> None:
    matrix = np.random.default_rng(0).normal(size=(6, 4 * GROUP)).astype(np.float32)
    stored = packed({"layer.weight": matrix})
    scales = np.repeat(stored["layer.weight.scales"].astype(np.float32), GROUP, axis=1)

    assert stored["layer.weight"].dtype == np.int8
    restored = stored["layer.weight"].astype(np.float32) * scales
    assert (np.abs(restored - matrix) <= 0.6 * scales).all(), "a scale is itself rounded"


def test_zeros_stay_zeros_and_a_single_row_stays_as_it_is() -> None:
    bias = np.array([0.5, -1.25], np.float32)
    stored = packed({"zero.weight": np.zeros((2, GROUP), np.float32), "bias": bias})

    assert not stored["zero.weight"].any()
    assert np.isfinite(stored["zero.weight.scales"].astype(np.float32)).all()
    np.testing.assert_array_equal(stored["bias"], bias)


def test_what_the_encoder_does_not_use_is_left_out() -> None:
    pooler = {"pooler.dense.bias": np.ones(2, np.float32)}
    assert packed(pooler) == {}
