"""Recall's own weights can be learned."""

from dataclasses import fields

import pytest

from agent_memory.memory.learning.fitting import fit
from agent_memory.memory.learning.recall_landscape import RECALL
from agent_memory.memory.search.weights import DEFAULT_WEIGHTS, Weights
from tests.unit.memory.learning.given import lesson

DEFAULT = DEFAULT_WEIGHTS.as_mapping()


def test_every_weight_can_be_learned() -> None:
    assert set(RECALL.names) == {field.name for field in fields(Weights)}


@pytest.mark.parametrize("sign", RECALL.names)
def test_a_sign_that_tells_gains_weight(sign: str) -> None:
    helped, did_not = {sign: 1.0, "diversity": 0.9}, {sign: 0.0}
    lessons = [lesson(f"q{n}", (helped, 1.0), (did_not, 0.0)) for n in range(200)]
    learned = fit(lessons, DEFAULT, RECALL)
    assert Weights.from_mapping(learned).as_mapping()[sign] > DEFAULT[sign]
    lessons = [lesson(f"q{n}", (helped, 0.0), (did_not, 1.0)) for n in range(200)]
    assert fit(lessons, DEFAULT, RECALL)[sign] < DEFAULT[sign]
