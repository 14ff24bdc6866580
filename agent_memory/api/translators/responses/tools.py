"""The tools of a response: what the model may call, and the words in which calls come back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent_memory.api.translators.checks import NO_PARAMETERS
from agent_memory.errors import InvalidRequest
from agent_memory.turns.messages import ToolChoice, ToolMode, ToolSpec

JsonObject = Mapping[str, Any]
_FREE_TEXT = {"type": "string"}


@dataclass(frozen=True, slots=True)
class ToolWord:
    """What the client calls a tool of ours. is_custom: its input is free text."""

    name: str
    namespace: str | None = None
    is_custom: bool = False


@dataclass(frozen=True, slots=True)
class Toolset:
    """specs: what the model is told of. words: by the names that the model knows."""

    specs: tuple[ToolSpec, ...]
    words: Mapping[str, ToolWord]

    @classmethod
    def of(cls, tools: Sequence[JsonObject], *, hosted_are_left_out: bool) -> "Toolset":
        """hosted_are_left_out: the client sends tools that OpenAI's servers run whether they are
        there or not, and does without them. Raises `InvalidRequest` for all that cannot be had."""
        found = [
            each
            for at, tool in enumerate(tools)
            for each in _read(tool, f"tools.{at}", hosted_are_left_out)
        ]
        return cls(tuple(spec for spec, _ in found), {spec.name: word for spec, word in found})


def model_name(name: str, namespace: str | None) -> str:
    """What the model calls a tool of a namespace."""
    return f"{namespace}__{name}" if namespace else name


def chosen(choice: str | JsonObject | None, toolset: Toolset) -> tuple[ToolChoice, Toolset]:
    """The choice, and the tools that it leaves."""
    match choice:
        case None | "auto":
            return ToolChoice(), toolset
        case "none" | "required":
            return ToolChoice(ToolMode(choice)), toolset
        case str():
            raise InvalidRequest(
                "tool_choice is 'auto', 'none', 'required' or an object with a type.",
                "tool_choice",
            )
        case _:
            return _chosen_by_object(choice, toolset)


def _chosen_by_object(choice: JsonObject, toolset: Toolset) -> tuple[ToolChoice, Toolset]:
    match choice:
        case {"type": "function" | "custom", "name": str(name)}:
            named = model_name(name, choice.get("namespace"))
            return ToolChoice(ToolMode.NAMED, named), toolset
        case {"type": "allowed_tools", "tools": list(tools)}:
            objects = (tool for tool in tools if isinstance(tool, Mapping))
            names = [model_name(str(tool.get("name")), tool.get("namespace")) for tool in objects]
            mode = ToolMode.REQUIRED if choice.get("mode") == "required" else ToolMode.AUTO
            return ToolChoice(mode, only=tuple(names)), toolset
        case _:
            kind = choice.get("type")
            raise InvalidRequest(f"tool_choice of type '{kind}' is not supported.", "tool_choice")


def _read(
    tool: JsonObject, param: str, hosted_are_left_out: bool, namespace: str | None = None
) -> Iterator[tuple[ToolSpec, ToolWord]]:
    match tool.get("type"):
        case "function":
            name = _name(tool, param)
            yield _function(tool, name, param, namespace), ToolWord(name, namespace)
        case "custom":
            name = _name(tool, param)
            word = ToolWord(name, namespace, is_custom=True)
            yield _custom(tool, name, param, namespace), word
        case "namespace" if namespace is None and isinstance(tool.get("tools"), list):
            for at, inner in enumerate(tool["tools"]):
                yield from _read(
                    inner, f"{param}.tools.{at}", hosted_are_left_out, _name(tool, param)
                )
        case str(kind) if hosted_are_left_out:
            del kind
        case kind:
            raise InvalidRequest(
                f"Tools of type '{kind}' are not supported: only tools that the client runs are "
                "('function', 'custom', 'namespace').",
                f"{param}.type",
            )


def _name(tool: JsonObject, param: str) -> str:
    name = tool.get("name")
    if not isinstance(name, str) or not name:
        raise InvalidRequest(f"{param}.name: Field required", f"{param}.name")
    return name


def _function(tool: JsonObject, name: str, param: str, namespace: str | None) -> ToolSpec:
    parameters = tool.get("parameters")
    if parameters is not None and not isinstance(parameters, Mapping):
        raise InvalidRequest(f"{param}.parameters: must be an object", f"{param}.parameters")
    return ToolSpec(
        model_name(name, namespace), str(tool.get("description") or ""), parameters or NO_PARAMETERS
    )


def _custom(tool: JsonObject, name: str, param: str, namespace: str | None) -> ToolSpec:
    text = {**_FREE_TEXT, **_bound(tool.get("format"), f"{param}.format")}
    parameters = {
        "type": "object",
        "properties": {"input": text},
        "required": ["input"],
        "additionalProperties": False,
    }
    return ToolSpec(model_name(name, namespace), str(tool.get("description") or ""), parameters)


def _bound(form: object, param: str) -> Mapping[str, str]:
    """The form of a free text as a bound of a JSON string."""
    match form:
        case None | {"type": "text"}:
            return {}
        case {"type": "grammar", "syntax": "regex", "definition": str(pattern)}:
            return {"pattern": f"^(?:{pattern})$"}
        case {"type": "grammar", "syntax": str(syntax)}:
            raise InvalidRequest(
                f"A custom tool's grammar in '{syntax}' cannot be held here: calls are JSON. Send "
                "a 'regex', no format, or a function; Codex does so when its model is named as "
                "GET /v1/models names it.",
                param,
            )
        case _:
            raise InvalidRequest("A custom tool's format is 'text' or 'grammar'.", param)
