import pickle
from dataclasses import replace

import pytest

from agent_memory.memory.value import value


@value
class Point:
    x: int
    y: int = 0


def test_equal_values_are_one_in_a_set() -> None:
    assert {Point(1), Point(1, 0), Point(1, 2)} == {Point(1), Point(1, 2)}


def test_a_value_can_be_had_with_another_field_and_be_sent_elsewhere() -> None:
    changed = replace(Point(1), y=3)

    assert changed == Point(1, 3)
    assert pickle.loads(pickle.dumps(changed)) == changed


def test_a_value_has_no_other_fields() -> None:
    with pytest.raises(AttributeError):
        Point(1).z = 1  # type: ignore[attr-defined]
