"""The part of a JSON schema that llguidance cannot take, and where it stands."""

import json
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agent_memory.device.sampling.grammar_match import first_line
from agent_memory.prompts.endless_schema import endless_part
from agent_memory.prompts.schema_paths import Path, children_of, pointer_of, told

_LISTING = re.compile(r"\s*\d+ \| ")

Validate = Callable[[str], str | None]
"""Why a grammar is refused, in short; None when it is taken."""


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """reason: in llguidance's words, where it is llguidance that refuses."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"at {told(self.path)}: {self.reason}"


def schema_fault(
    schema: Mapping[str, object],
    options: Mapping[str, object],
    validate: Validate,
    num_tries: int,
) -> SchemaFault | None:
    """The innermost part that no grammar can be made of, or that never ends; None without any.

    options: how llguidance is to read it. num_tries: most parts that are tried by themselves.
    """
    try:
        if (path := endless_part(schema)) is not None:
            return SchemaFault(path, "it refers to itself without an end")
        return _refused_part(schema, options, validate, num_tries)
    except RecursionError:
        return SchemaFault((), "it is nested too deeply")


def _refused_part(
    schema: Mapping[str, object],
    options: Mapping[str, object],
    validate: Validate,
    num_tries: int,
) -> SchemaFault | None:
    """The first part that is refused by itself, then what is refused inside it, and so on."""
    path: Path = ()
    document = _moved(schema)
    reason = validate(_grammar(document, path, options))
    if reason is None:
        return None
    inside = deque((path, steps, each) for steps, each in children_of(schema))
    for _ in range(num_tries):
        if not inside:
            break
        around, steps, each = inside.popleft()
        told_inside = validate(_grammar(document, around + steps, options))
        if told_inside is not None and each is not False:
            path, reason = around + steps, told_inside
            inside = deque((path, steps, child) for steps, child in children_of(each))
    return SchemaFault(path, reason)


def _grammar(document: object, path: Path, options: Mapping[str, object]) -> str:
    schema = {
        "$defs": {"all": document},
        "$ref": f"#/$defs/all{pointer_of(path)}",
        "x-guidance": options,
    }
    return f"start: json\njson: %json {json.dumps(schema)}"


def _moved(value: object) -> object:
    """A schema whose references are right when it stands at `#/$defs/all`."""
    if isinstance(value, Mapping):
        return {key: _moved_entry(str(key), each) for key, each in value.items()}
    if isinstance(value, list):
        return [_moved(each) for each in value]
    return value


def _moved_entry(key: str, value: object) -> object:
    if key == "$ref" and isinstance(value, str) and value.startswith("#"):
        return f"#/$defs/all{value[1:]}"
    return _moved(value)


def in_short(reason: str) -> str:
    """llguidance's message in one line, without the grammar that it quotes."""
    lines: list[str] = []
    for line in reason.strip().splitlines():
        if _LISTING.match(line):
            break
        lines.append(line.strip())
    what = first_line("\n".join(lines)).rpartition("failed to compile JSON schema: ")[2]
    why = next((line.removeprefix("error: ") for line in lines if line.startswith("error: ")), None)
    return what if why is None else f"{what} {why}"
