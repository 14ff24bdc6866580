"""The items of a response's input as messages."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from agent_memory.api.translators.checks import arguments_text, refuse_media
from agent_memory.api.translators.media_words import media_note
from agent_memory.api.translators.responses.tools import model_name
from agent_memory.errors import InvalidRequest
from agent_memory.sealed_text import TextSeal
from agent_memory.turns.messages import Message, Part, Role, Text, Thinking, ToolResult, ToolUse

JsonObject = Mapping[str, Any]
_ROLES = {"system": Role.SYSTEM, "developer": Role.SYSTEM, "user": Role.USER}
_TEXTS = frozenset({"input_text", "output_text", "text", "summary_text", "reasoning_text"})
_SUMMARY = "Summary of the conversation up to here:\n\n"


class InputItems:
    """messages: what the items say. tools: those that stand among them.
    has_summary: a summary stands in the place of earlier ones.

    Items of the assistant that follow each other are one message, as they were one answer.
    scope: what sealed texts of ours must belong to.
    """

    def __init__(
        self, items: str | Sequence[JsonObject] | None, seal: TextSeal, scope: str
    ) -> None:
        self._seal = seal
        self._scope = scope
        self._said: list[Part] = []
        self.messages: list[Message] = []
        self.tools: list[JsonObject] = []
        self.has_summary = False
        if isinstance(items, str):
            self.messages.append(Message(Role.USER, (Text(items),)))
            return
        for at, item in enumerate(items or ()):
            self._read(item, f"input.{at}", is_last=at == len(items or ()) - 1)
        self._close()

    def _read(self, item: JsonObject, param: str, *, is_last: bool) -> None:
        match item.get("type", "message"):
            case "message":
                self._message(item, param, is_last=is_last)
            case "reasoning":
                self._say(*self._thinking(item, param))
            case "function_call":
                self._say(_call(item, param, arguments_text(item.get("arguments"))))
            case "custom_tool_call":
                given = orjson.dumps({"input": _required(item, "input", param)}).decode()
                self._say(_call(item, param, given))
            case "function_call_output" | "custom_tool_call_output":
                self._hear(Role.TOOL, _result(item, param))
            case "additional_tools":
                self.tools.extend(item.get("tools") or ())
            case "compaction" | "compaction_summary":
                self.has_summary = True
                self._hear(Role.USER, Text(_SUMMARY + self._opened(item, param)))
            case "item_reference":
                raise InvalidRequest(
                    "Items are not referred to by id here: send the item, or previous_response_id.",
                    param,
                )
            case str(kind) if kind.endswith(("_call", "_call_output", "_output")):
                self._say(Text(media_note({**item, "type": f"{kind}_tool_result"})))
            case kind:
                raise InvalidRequest(f"Items of type '{kind}' are not supported.", f"{param}.type")

    def _message(self, item: JsonObject, param: str, *, is_last: bool) -> None:
        content = item.get("content")
        match item.get("role"):
            case "assistant":
                self._say(*_texts(content, f"{param}.content", may_have_media=True))
            case "system" | "developer" | "user" as role:
                parts = _texts(content, f"{param}.content", may_have_media=not is_last)
                self._hear(_ROLES[role], *parts)
            case role:
                raise InvalidRequest(f"The role '{role}' is not known.", f"{param}.role")

    def _thinking(self, item: JsonObject, param: str) -> Iterator[Thinking]:
        if item.get("encrypted_content"):
            text = self._opened(item, param)
        else:
            parts = item.get("content") or item.get("summary") or ()
            text = "".join(str(part.get("text", "")) for part in parts)
        if text:
            yield Thinking(text)

    def _opened(self, item: JsonObject, param: str) -> str:
        text = self._seal.open(self._scope, str(item.get("encrypted_content") or ""))
        if text is None:
            raise InvalidRequest(
                "This encrypted content was not made here for this workspace.",
                f"{param}.encrypted_content",
            )
        return text

    def _say(self, *parts: Part) -> None:
        self._said.extend(parts)

    def _hear(self, role: Role, *parts: Part) -> None:
        self._close()
        self.messages.append(Message(role, parts))

    def _close(self) -> None:
        if self._said:
            self.messages.append(Message(Role.ASSISTANT, tuple(self._said)))
            self._said = []


def _texts(content: object, param: str, *, may_have_media: bool) -> tuple[Text, ...]:
    if isinstance(content, str):
        return (Text(content),)
    if not isinstance(content, list):
        raise InvalidRequest(f"{param}: Field required", param)
    return tuple(
        Text(_text(part, f"{param}.{at}", may_have_media=may_have_media))
        for at, part in enumerate(content)
    )


def _text(part: object, param: str, *, may_have_media: bool) -> str:
    match part:
        case {"type": str(kind), "text": str(text)} if kind in _TEXTS:
            return text
        case {"type": "refusal", "refusal": str(text)}:
            return text
        case {"type": str(kind)} if may_have_media:
            return media_note({**_mapping(part), "type": kind.removeprefix("input_")})
        case {"type": str(kind)}:
            raise refuse_media(kind, param)
        case _:
            raise InvalidRequest(f"{param}.type: Field required", f"{param}.type")


def _mapping(part: object) -> JsonObject:
    return part if isinstance(part, Mapping) else {}


def _call(item: JsonObject, param: str, arguments: str) -> ToolUse:
    name = model_name(_required(item, "name", param), item.get("namespace"))
    return ToolUse(_required(item, "call_id", param), name, arguments)


def _result(item: JsonObject, param: str) -> ToolResult:
    output = item.get("output")
    if isinstance(output, list):
        texts = _texts(output, f"{param}.output", may_have_media=True)
        output = "\n".join(each.text for each in texts)
    elif not isinstance(output, str):
        output = "" if output is None else orjson.dumps(output).decode()
    return ToolResult(_required(item, "call_id", param), output)


def _required(item: JsonObject, name: str, param: str) -> str:
    value = item.get(name)
    if not isinstance(value, str):
        raise InvalidRequest(f"{param}.{name}: Field required", f"{param}.{name}")
    return value
