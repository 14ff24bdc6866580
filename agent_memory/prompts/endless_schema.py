"""Schemas that no text can ever satisfy, because satisfying them never ends.

`{"$ref": "#"}` refers to itself for ever; an object that must hold an object like itself never
closes. A grammar of such a schema has no end either.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from agent_memory.prompts.schema_paths import Path, children_of, pointed_at


@dataclass(slots=True)
class _Node:
    """A schema, or a choice between several. steps: to it, from the schema around it. num_needed:
    of the schemas that it needs, so many have not been found to end. used_by: who needs it."""

    around: "_Node | None"
    steps: Path
    num_needed: int = 0
    used_by: list["_Node"] = field(default_factory=list)

    @property
    def path(self) -> Path:
        parts: list[Path] = []
        node: _Node | None = self
        while node is not None:
            parts.append(node.steps)
            node = node.around
        return tuple(step for part in reversed(parts) for step in part)


def endless_part(document: Mapping[str, object]) -> Path | None:
    """Where the first schema stands that never ends; None when each can be satisfied by something,
    as far as that is a matter of ending."""
    nodes = _Search(document).nodes
    ended = deque(node for node in nodes if node.num_needed == 0)
    while ended:
        for node in ended.popleft().used_by:
            node.num_needed -= 1
            if node.num_needed == 0:
                ended.append(node)
    return next((node.path for node in nodes if node.num_needed > 0), None)


class _Search:
    """All schemas of a document, each with what it needs to end."""

    def __init__(self, document: Mapping[str, object]) -> None:
        self.nodes: list[_Node] = []
        self._document = document
        self._targets: dict[str, tuple[Path, object] | None] = {}
        self._known: dict[int, _Node] = {}
        self._waiting: list[tuple[_Node, object]] = []
        self._node(document, None, ())
        while self._waiting:
            node, schema = self._waiting.pop()
            inside = dict(children_of(schema))
            for steps, each in inside.items():
                self._node(each, node, steps)
            for needed in _needs(schema):
                self._need(node, inside, needed)

    def _node(self, schema: object, around: _Node | None, steps: Path) -> _Node:
        """The one of this very object: the document is here as long as the search."""
        if (known := self._known.get(id(schema))) is not None:
            return known
        node = self._known[id(schema)] = _Node(around, steps)
        self.nodes.append(node)
        self._waiting.append((node, schema))
        return node

    def _need(self, node: _Node, inside: Mapping[Path, object], needed: "_Need") -> None:
        found = [self._find(inside, each) for each in needed.schemas]
        # What is not here cannot be told to be endless.
        known = [each for each in found if each is not None]
        user, num_needed = node, len(known)
        if needed.is_choice:
            if len(known) < len(found):
                return
            user, num_needed = _Node(node, (), used_by=[node]), 1
            self.nodes.append(user)
            node.num_needed += 1
        user.num_needed += num_needed
        for each in known:
            each.used_by.append(user)

    def _find(self, inside: Mapping[Path, object], schema: Path | str) -> _Node | None:
        if isinstance(schema, str):
            if schema not in self._targets:
                self._targets[schema] = pointed_at(self._document, schema)
            target = self._targets[schema]
            return None if target is None else self._node(target[1], None, target[0])
        return self._node(inside[schema], None, schema) if schema in inside else None


@dataclass(frozen=True, slots=True)
class _Need:
    """Schemas of which all must end, or one: each by the steps to it, or by a reference."""

    schemas: tuple[Path | str, ...]
    is_choice: bool = False


def _needs(schema: object) -> Iterator[_Need]:
    """What must end for a schema to be satisfied by anything."""
    if not isinstance(schema, Mapping):
        return
    if isinstance(reference := schema.get("$ref"), str):
        yield _Need((reference,))
    for keyword in ("allOf", "anyOf", "oneOf"):
        branches = schema.get(keyword)
        if isinstance(branches, list) and branches:
            paths = tuple((keyword, str(at)) for at in range(len(branches)))
            yield _Need(paths, is_choice=keyword != "allOf")
    if schema.get("type") == "object":
        yield _Need(tuple(_required(schema)))
    if schema.get("type") == "array":
        yield _Need(tuple(_least_items(schema)))


def _required(schema: Mapping[str, object]) -> Iterator[Path]:
    required, properties = schema.get("required"), schema.get("properties")
    if isinstance(required, list) and isinstance(properties, Mapping):
        yield from (("properties", name) for name in required if name in properties)


def _least_items(schema: Mapping[str, object]) -> Iterator[Path]:
    least, first = schema.get("minItems"), schema.get("prefixItems")
    num_least = least if isinstance(least, int) else 0
    num_first = len(first) if isinstance(first, list) else 0
    yield from (("prefixItems", str(at)) for at in range(min(num_least, num_first)))
    if num_least > num_first and isinstance(schema.get("items"), Mapping):
        yield ("items",)
