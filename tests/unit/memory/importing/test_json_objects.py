"""Objects are cut out of files of any size, wherever the chunks end."""

import io

import orjson
import pytest

from agent_memory.memory.importing import json_objects
from agent_memory.memory.importing.json_objects import objects

TRICKY = {"text": 'a "quoted" \\ { [ } ] \n end\\', "deep": [{"x": [1, {"y": "}"}]}]}


@pytest.mark.parametrize("size", range(1, 40))
def test_the_same_objects_come_at_every_size_of_chunk(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_objects, "_CHUNK", size)
    listed = orjson.dumps([TRICKY, 1, "x", {}, TRICKY])
    assert [orjson.loads(one) for one in objects(io.BytesIO(listed), 2)] == [TRICKY, {}, TRICKY]
    held = orjson.dumps({"head": {"a": 1}, "messages": [TRICKY, {}]})
    assert [orjson.loads(one) for one in objects(io.BytesIO(held), 3)] == [TRICKY, {}]


def test_an_object_that_is_cut_off_is_left_out() -> None:
    assert list(objects(io.BytesIO(b'[{"a": 1}, {"b": '), 2)) == [b'{"a": 1}']
