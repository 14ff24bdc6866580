import pickle

import pytest

from agent_memory.errors import InvalidRequest
from agent_memory.memory.search.weights import DEFAULT_WEIGHTS, RANGES, Weights


def test_every_weight_has_a_range_and_its_default_lies_within() -> None:
    assert set(DEFAULT_WEIGHTS.as_mapping()) == set(RANGES)


@pytest.mark.parametrize("name", sorted(RANGES))
def test_a_weight_outside_its_range_is_refused(name: str) -> None:
    low, high = RANGES[name]

    for value in (low - 0.01, high + 0.01, float("nan")):
        with pytest.raises(InvalidRequest, match=name):
            Weights.from_mapping({name: value})
    assert Weights.from_mapping({name: high}).as_mapping()[name] == high


def test_weights_of_another_version_are_read_as_far_as_they_are_known() -> None:
    assert Weights.from_mapping({"own": 1.0, "of the future": 3.0}) == Weights(own=1.0)


def test_weights_survive_a_trip_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(Weights(own=1.0))) == Weights(own=1.0)
