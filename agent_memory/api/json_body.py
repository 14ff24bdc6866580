"""A request's body from bytes to a validated model."""

import codecs
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

import orjson
from pydantic import ValidationError

from agent_memory.api.half_characters import without_halves
from agent_memory.api.limits import Limits
from agent_memory.api.schemas.body import TAGS, Body
from agent_memory.errors import InvalidRequest
from agent_memory.json_marks import has_more_values

_PARSER_DEPTH = 1024
"""orjson stops at this depth by itself, so that no recursion of ours is at risk."""

BodyT = TypeVar("BodyT", bound=Body)


def parse_body(raw: bytes, model: type[BodyT], limits: Limits) -> BodyT:
    """`raw` as a `model`; `InvalidRequest` says which field is wrong and why."""
    return judged(parse_object(raw, limits), model, limits)


def judged(fields: Mapping[str, object], model: type[BodyT], limits: Limits) -> BodyT:
    """`fields` as a `model` that has no others and refuses what cannot be honoured."""
    _check_counts(fields, limits)
    known = model.model_fields
    sent = {name: value for name, value in fields.items() if value is not None or name in known}
    ignored = [name for name in sent if name in model.without_effect]
    kept = {name: value for name, value in sent.items() if name not in model.without_effect}
    ours = _without_refused(_whole_numbers(model.in_our_words(kept)), model)
    return _validated(ours, model).ignoring(ignored)


def understood(fields: Mapping[str, object], model: type[BodyT], limits: Limits) -> BodyT:
    """As much of `fields` as a `model` has; the rest, of which the body tells, is for others to
    judge."""
    _check_counts(fields, limits)
    ours = _whole_numbers(model.in_our_words(fields))
    known = {name: value for name, value in ours.items() if name in model.model_fields}
    unknown = [name for name, value in ours.items() if name not in known and value is not None]
    return _validated(known, model).ignoring(unknown)


def _whole_numbers(fields: Mapping[str, object]) -> dict[str, object]:
    """`4.0` is 4: some languages have one type of numbers only."""
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in fields.items()
    }


def _validated(fields: Mapping[str, object], model: type[BodyT]) -> BodyT:
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise _as_invalid_request(error) from None


def parse_object(raw: bytes, limits: Limits) -> dict[str, object]:
    """`raw` as a JSON object within the limits of depth and values. RFC 8259 lets a byte order mark
    be ignored."""
    value = check_json(raw.removeprefix(codecs.BOM_UTF8), limits)
    if not isinstance(value, dict):
        raise InvalidRequest("The body must be a JSON object.")
    return value


def check_json(raw: bytes, limits: Limits) -> object:
    """The value that `raw` is; `InvalidRequest` beyond the limits of depth and values."""
    if len(raw) > limits.max_json_values and has_more_values(raw, limits.max_json_values):
        raise InvalidRequest(f"The body has more than {limits.max_json_values} values.")
    try:
        value = _loaded(raw)
    except orjson.JSONDecodeError as error:
        if "depth limit" in str(error):
            raise InvalidRequest(_too_deep(f"more than {_PARSER_DEPTH}", limits)) from None
        raise InvalidRequest(f"The body is not valid JSON: {error}") from None
    if (depth := json_depth(value)) > limits.max_json_depth:
        raise InvalidRequest(_too_deep(str(depth), limits))
    return value


def _loaded(raw: bytes) -> object:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        if "surrogate" not in str(error):
            raise
        return orjson.loads(without_halves(raw))


def json_depth(value: object) -> int:
    """How many containers stand inside each other, counted level by level."""
    level = [value] if isinstance(value, (dict, list)) else []
    depth = 0
    while level:
        depth += 1
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else _items(parent))
            if isinstance(child, (dict, list))
        ]
    return depth


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _too_deep(depth: str, limits: Limits) -> str:
    return f"The body nests {depth} levels deep; the limit is {limits.max_json_depth}."


def _check_counts(fields: Mapping[str, object], limits: Limits) -> None:
    for name, limit in (("messages", limits.max_messages), ("tools", limits.max_tools)):
        value = fields.get(name)
        if isinstance(value, list) and len(value) > limit:
            raise InvalidRequest(f"{len(value)} {name} were sent; the limit is {limit}.", name)


def _without_refused(fields: Mapping[str, object], model: type[Body]) -> dict[str, object]:
    """`fields` without the known ones that cannot be honoured; they may be sent only empty."""
    for name, reason in model.refused.items():
        if fields.get(name) not in (None, False, "", [], {}):
            raise InvalidRequest(f"'{name}' is not supported: {reason}", name)
    return {name: value for name, value in fields.items() if name not in model.refused}


def _as_invalid_request(error: ValidationError) -> InvalidRequest:
    """The most specific complaint: the one deepest in the body, and of several forms that a field
    may have the one that was meant, which fails by more than its type."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    worst = max(details, key=lambda it: (len(it["loc"]), not it["type"].endswith("_type")))
    where = ".".join(_path(worst["loc"]))
    if worst["type"] == "extra_forbidden":
        return InvalidRequest(f"Unknown field '{where}'.", where)
    return InvalidRequest(f"{where}: {worst['msg']}" if where else worst["msg"], where or None)


def _path(loc: Sequence[int | str]) -> Iterator[str]:
    """The steps as the client wrote them: without the names of union members and block tags."""
    for at, step in enumerate(loc):
        if isinstance(step, int):
            yield str(step)
        elif not (_is_type_name(step) or _is_tag(loc, at)):
            yield step


def _is_tag(loc: Sequence[int | str], at: int) -> bool:
    """A tag stands between a block's index and the block's field, which may bear the same name."""
    if at == 0 or not isinstance(loc[at - 1], int):
        return False
    return loc[at] == "other" or (loc[at] in TAGS and at < len(loc) - 1)


def _is_type_name(step: str) -> bool:
    return not step.isidentifier() or step[:1].isupper() or step in {"str", "int", "float"}
