"""Merge patches (RFC 7396), JSON Patches (RFC 6902), and what must not come of them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_memory.contexts.context import Address, Cause, Traits, VersionInfo
from agent_memory.contexts.diffing import compare
from agent_memory.contexts.document import Document, Format
from agent_memory.contexts.patching import apply_patch, merge, read_json
from agent_memory.errors import Conflict, InvalidRequest, ItemTooLarge
from agent_memory.ids import ContextKey, Lineage, WorkspaceId


def json_document(value: object) -> Document:
    return Document.of(Format.JSON, json.dumps(value).encode())


def merged(target: object, patch: object) -> Any:
    return read_json(merge(json_document(target), patch).body)


def patched(target: object, *operations: dict[str, Any]) -> Any:
    return read_json(apply_patch(json_document(target), list(operations)).body)


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": "foo"}, None, None),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_patch_does_what_the_rfc_says(
    target: object, patch: object, result: object
) -> None:
    assert merged(target, patch) == result


def test_long_whole_numbers_and_the_order_of_members_survive_a_patch() -> None:
    body = b'{"z": 123456789012345678901234567890, "a": "\xc3\xa9"}'
    document = merge(Document.of(Format.JSON, body), {"n": 1})
    assert document.body == b'{"z":123456789012345678901234567890,"a":"\xc3\xa9","n":1}'


def test_operations_are_done_in_their_order() -> None:
    assert patched(
        {"a": [1]},
        {"op": "add", "path": "/a/-", "value": 2},
        {"op": "copy", "from": "/a", "path": "/b"},
        {"op": "add", "path": "/b/0", "value": 0},
        {"op": "move", "from": "/b", "path": "/c"},
        {"op": "test", "path": "/a", "value": [1, 2]},
        {"op": "remove", "path": "/a"},
    ) == {"c": [0, 1, 2]}


@pytest.mark.parametrize(
    ("held", "expected"), [(True, 1), (0, False), ({"a": [1]}, {"a": [True]}), ("1", 1), (None, 0)]
)
def test_a_test_tells_values_of_two_types_apart(held: object, expected: object) -> None:
    with pytest.raises(Conflict):
        patched({"v": held}, {"op": "test", "path": "/v", "value": expected})


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/missing"},
        {"op": "replace", "path": "/missing", "value": 1},
        {"op": "add", "path": "/a/b/c", "value": 1},
        {"op": "add", "path": "/list/9", "value": 1},
        {"op": "move", "from": "/missing", "path": "/x"},
        {"op": "copy", "from": "/missing", "path": "/x"},
        {"op": "test", "path": "/missing", "value": None},
    ],
)
def test_a_place_that_is_not_there_is_a_conflict(operation: dict[str, Any]) -> None:
    with pytest.raises(Conflict):
        patched({"a": 1, "list": []}, operation)


@pytest.mark.parametrize(
    "operations",
    [
        {"op": "add"},
        [1],
        [{"op": "melt", "path": "/a"}],
        [{"op": "add", "path": "/a"}],
        [{"op": "add", "path": "a", "value": 1}],
        [{"op": "move", "path": "/a"}],
        [{"path": "/a", "value": 1}],
        [{"op": "append", "path": "/a", "value": "x"}],
        [{"op": "add", "path": "/a", "value": 1}] * 1_001,
    ],
)
def test_a_malformed_patch_is_refused(operations: object) -> None:
    with pytest.raises(InvalidRequest):
        apply_patch(json_document({"a": "s"}), operations)


def test_copies_of_copies_do_not_fill_memory() -> None:
    operations = [{"op": "copy", "from": "", "path": f"/{number}"} for number in range(60)]
    with pytest.raises(ItemTooLarge):
        apply_patch(json_document({"seed": "x" * 1000}), operations)


def test_a_patch_does_not_nest_without_end() -> None:
    operations = [
        {"op": "add", "path": "/" + "a/" * number + "a", "value": {}} for number in range(70)
    ]
    with pytest.raises(InvalidRequest, match="levels"):
        apply_patch(json_document({}), operations)


def test_text_is_not_patched() -> None:
    with pytest.raises(Conflict, match="this one is text"):
        merge(Document.of(Format.TEXT, b"{}"), {"a": 1})


JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=2),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner, max_size=4)
    ),
    max_leaves=8,
)


def version(number: int, document: Document) -> VersionInfo:
    address = Address(WorkspaceId("w"), ContextKey("k"), Lineage("life"), number)
    made_at = datetime(2026, 1, 1, tzinfo=UTC)
    return VersionInfo(
        address, Cause.PUT, document.format, "", 0, None, False, Traits(), made_at, "key"
    )


@given(JSON_VALUES, JSON_VALUES)
def test_the_difference_makes_the_second_version_out_of_the_first(old: Any, new: Any) -> None:
    before, after = json_document(old), json_document(new)
    diff = compare(version(1, before), before, version(2, after), after)
    made = apply_patch(before, diff.operations)
    assert json.dumps(read_json(made.body), sort_keys=True) == json.dumps(new, sort_keys=True)
