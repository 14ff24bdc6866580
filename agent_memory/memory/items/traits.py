"""The meaning of a statement for others, as it is kept in its metadata."""

from collections.abc import Mapping, Sequence

from agent_memory.json_value import Json

VALUE = "value"
_REPLACES = "replaces"
_CHANGES = "is_change"
_AFFIRMED = "is_affirmed"


def traits_of(
    *, value: str, replaced: Sequence[str], is_change: bool, is_affirmed: bool
) -> dict[str, Json]:
    """value: what it says of its subject, and `replaced`: what it says is no longer so, in one
    spelling. is_change: it says that it was otherwise before. is_affirmed: a model says it after a
    user did."""
    traits: dict[str, Json] = {}
    if value:
        traits[VALUE] = value
    if replaced:
        traits[_REPLACES] = list(replaced)
    if is_change:
        traits[_CHANGES] = True
    if is_affirmed:
        traits[_AFFIRMED] = True
    return traits


def value_in(traits: Mapping[str, Json]) -> str:
    value = traits.get(VALUE)
    return value if isinstance(value, str) else ""


def replaced_by(traits: Mapping[str, Json]) -> tuple[str, ...]:
    names = traits.get(_REPLACES)
    return tuple(name for name in names if isinstance(name, str)) if isinstance(names, list) else ()


def is_change_in(traits: Mapping[str, Json]) -> bool:
    return traits.get(_CHANGES) is True


def is_affirmed_in(traits: Mapping[str, Json]) -> bool:
    return traits.get(_AFFIRMED) is True
